-- Derivation, step 1 of 3: which statements count, and from which day (temp table `dated`).
-- In: temp table `active`, all standing observations of every key it names. docs/policy-derivation.md explains
-- each rule; tests/warehouse/oracle.py computes the same by brute force.


-- 1. What a later statement takes back: postponed, cancelled or corrected rules.
CREATE OR REPLACE TEMP TABLE voided AS
WITH moving AS (
  SELECT * FROM active WHERE relation = 'reschedules' AND effective_from > said_on
), old_date AS (   -- "postponed from July to September": the earlier of two dates in one document is the old one
  SELECT DISTINCT o.observation_id
  FROM moving o JOIN moving n USING (key_id, stage, action, document_id)
  WHERE n.effective_from > o.effective_from
), speaking AS (
  SELECT * FROM active ANTI JOIN old_date USING (observation_id) WHERE relation <> 'states'
), future AS (     -- rules of the platform's own pages that had not begun when the page said so
  SELECT * FROM active
  WHERE page_id IS NOT NULL AND kind = 'notice' AND effective_from > said_on AND relation = 'states'
), edited AS (     -- an edited page that no longer says the old date
  SELECT o.key_id, o.stage, o.action, o.effective_from, n.kind, n.said_on
  FROM future o JOIN future n USING (key_id, stage, action, page_id)
  WHERE o.said_on < n.said_on AND o.effective_from > n.said_on
    AND NOT overlapping(o.effective_from, o.from_precision, n.effective_from, n.from_precision)
    AND NOT EXISTS (
      SELECT 1 FROM active a
      WHERE a.document_id = n.document_id AND a.key_id = o.key_id AND a.stage = o.stage AND a.action = o.action
        AND a.effective_from = o.effective_from)
), taken_back AS (
  SELECT o.key_id, o.stage, o.action, o.effective_from, n.kind, n.said_on
  FROM active o JOIN speaking n USING (key_id, stage)
  WHERE o.document_id <> n.document_id AND o.effective_from IS NOT NULL AND n.kind >= o.kind
    AND CASE n.relation
      WHEN 'reschedules' THEN
        o.said_on < n.said_on AND o.effective_from > n.said_on AND o.action = n.action
        AND NOT overlapping(o.effective_from, o.from_precision, n.effective_from, n.from_precision)
      WHEN 'cancels' THEN o.said_on < n.said_on AND o.effective_from > n.said_on AND o.action <> n.action
    END
  UNION ALL
  FROM edited
)
SELECT o.observation_id
FROM active o JOIN taken_back b USING (key_id, stage, action, effective_from)
WHERE (o.said_on < b.said_on AND o.kind <= b.kind) OR o.kind < b.kind
UNION
SELECT o.observation_id    -- a correction takes back only what its own speaker said shortly before
FROM active o JOIN speaking n USING (key_id, stage)
WHERE n.relation = 'corrects' AND o.relation <> 'corrects' AND o.document_id <> n.document_id
  AND o.said_on BETWEEN n.said_on - 90 AND n.said_on
  AND o.effective_from IS NOT NULL AND n.effective_from IS NOT NULL
  AND (o.source_id = n.source_id OR (o.kind = 'notice' AND n.kind = 'notice'))
  AND CASE WHEN o.action = n.action
    THEN NOT overlapping(o.effective_from, o.from_precision, n.effective_from, n.from_precision)
    ELSE o.effective_from = n.effective_from END
UNION
FROM old_date;

-- 2. Dated statements; a coarse date takes the earliest finer date of the same action that lies in it.
CREATE OR REPLACE TEMP TABLE dated AS
SELECT key_id, stage, action, effective_from AS start, from_precision, ends, to_precision, kind, cluster_id, said_on,
       exhibit
FROM active ANTI JOIN voided USING (observation_id)
WHERE effective_from IS NOT NULL AND from_precision = 'day';

INSERT INTO dated
WITH coarse AS (
  SELECT key_id, stage, action, effective_from AS start, from_precision, ends, to_precision, kind, cluster_id, said_on,
         exhibit
  FROM active ANTI JOIN voided USING (observation_id)
  WHERE effective_from IS NOT NULL AND from_precision <> 'day'
), fine AS (
  SELECT key_id, stage, action, start, from_precision FROM dated SEMI JOIN coarse USING (key_id, stage, action)
), month_day AS (
  SELECT key_id, stage, action, date_trunc('month', start)::DATE AS month, min(start) AS start FROM fine GROUP BY ALL
), by_month AS (
  SELECT c.* REPLACE (
    coalesce(m.start, c.start) AS start,
    CASE WHEN m.start IS NULL THEN c.from_precision ELSE 'day'::date_precision END AS from_precision)
  FROM coarse c LEFT JOIN month_day m
    ON c.from_precision = 'month' AND m.key_id = c.key_id AND m.stage = c.stage AND m.action = c.action
    AND m.month = c.start
), finer AS (
  SELECT key_id, stage, action, start, from_precision FROM by_month WHERE from_precision <> 'year'
  UNION ALL FROM fine
), year_day AS (
  SELECT key_id, stage, action, year(start) AS year, min(start) AS start, arg_min(from_precision, start) AS from_precision
  FROM finer GROUP BY ALL
)
SELECT b.* REPLACE (
  coalesce(y.start, b.start) AS start,
  CASE WHEN y.start IS NULL THEN b.from_precision ELSE y.from_precision END AS from_precision)
FROM by_month b LEFT JOIN year_day y
  ON b.from_precision = 'year' AND y.key_id = b.key_id AND y.stage = b.stage AND y.action = b.action
  AND y.year = year(b.start);

-- 3. An end told without a start belongs to the rule it ends; if there is none, the rule held by the day it was said.
INSERT INTO dated BY NAME
WITH ended AS (
  SELECT *, least(said_on, ends - 1) AS day FROM active ANTI JOIN voided USING (observation_id)
  WHERE effective_from IS NULL AND ends IS NOT NULL AND relation <> 'reschedules'
), starts AS (
  SELECT key_id, stage, start, list(DISTINCT action) AS actions, min(from_precision) AS start_precision
  FROM dated SEMI JOIN ended USING (key_id, stage) GROUP BY ALL
), found AS (
  SELECT e.*, coalesce(list_contains(s.actions, e.action), false) AS belongs, s.start, s.start_precision
  FROM ended e ASOF LEFT JOIN starts s ON s.key_id = e.key_id AND s.stage = e.stage AND s.start <= e.day
)
SELECT key_id, stage, action, ends, to_precision, kind, cluster_id, said_on, exhibit,
       CASE WHEN belongs THEN start ELSE day END AS start,
       CASE WHEN belongs THEN start_precision ELSE 'by'::date_precision END AS from_precision
FROM found;
