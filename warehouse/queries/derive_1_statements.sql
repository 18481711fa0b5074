-- Derivation, step 1 of 3: which statements count, and from which day (temp view `dated`).
-- In: temp table `active`, all standing observations of the lines in `line`. docs/policy-derivation.md explains
-- each rule; tests/warehouse/oracle.py computes the same by brute force.


-- 1. What a later statement takes back: postponed, cancelled or corrected rules. Only lines are looked at in which one
--    of the two could be: something is said of an earlier statement, or a page of the platform announces a rule.
CREATE OR REPLACE TEMP TABLE voided AS
WITH concerned AS (
  SELECT DISTINCT line FROM active WHERE relation <> 'states' OR foresees
), stated AS MATERIALIZED (
  SELECT a.*, o.document_id, o.page_id, o.source_id
  FROM active a SEMI JOIN concerned USING (line) JOIN observation o ON o.rowid = a.row_id
), moving AS (
  SELECT * FROM stated WHERE relation = 'reschedules' AND effective_from > said_on
), announced AS (  -- dates in such documents that others had told before
  SELECT DISTINCT m.row_id FROM moving m JOIN stated p USING (line, action, effective_from)
  WHERE p.document_id <> m.document_id AND p.said_on < m.said_on
), old_date AS (   -- "postponed from July to September": of two dates in one document the one that was announced before is
                   -- the old one; if none or both were, the earlier
  SELECT DISTINCT o.row_id
  FROM moving o JOIN moving n USING (line, action, document_id)
    LEFT JOIN announced a ON a.row_id = o.row_id LEFT JOIN announced b ON b.row_id = n.row_id
  WHERE CASE WHEN (a.row_id IS NULL) = (b.row_id IS NULL) THEN n.effective_from > o.effective_from
          ELSE a.row_id IS NOT NULL AND n.effective_from <> o.effective_from END
), speaking AS (
  SELECT * FROM stated ANTI JOIN old_date USING (row_id) WHERE relation <> 'states'
), future AS (     -- rules of the platform's own pages that had not begun when the page said so
  SELECT * FROM stated WHERE foresees AND relation = 'states'
), edited AS (     -- an edited page that no longer says the old date
  SELECT o.line, o.action, o.effective_from, n.kind, n.said_on
  FROM future o JOIN future n USING (line, action, page_id)
  WHERE o.said_on < n.said_on AND o.effective_from > n.said_on
    AND NOT overlapping(o.effective_from, o.from_precision, n.effective_from, n.from_precision)
    AND NOT EXISTS (
      SELECT 1 FROM stated a
      WHERE a.document_id = n.document_id AND a.line = o.line AND a.action = o.action
        AND a.effective_from = o.effective_from)
), taken_back AS (
  SELECT o.line, o.action, o.effective_from, n.kind, n.said_on
  FROM stated o JOIN speaking n USING (line)
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
SELECT o.row_id
FROM stated o JOIN taken_back b USING (line, action, effective_from)
WHERE (o.said_on < b.said_on AND o.kind <= b.kind) OR o.kind < b.kind
UNION
SELECT o.row_id    -- a correction takes back only what its own speaker said shortly before
FROM stated o JOIN speaking n USING (line)
WHERE n.relation = 'corrects' AND o.relation <> 'corrects' AND o.document_id <> n.document_id
  AND o.said_on BETWEEN n.said_on - 90 AND n.said_on
  AND o.effective_from IS NOT NULL AND n.effective_from IS NOT NULL
  AND (o.source_id = n.source_id OR (o.kind = 'notice' AND n.kind = 'notice'))
  AND CASE WHEN o.action = n.action
    THEN NOT overlapping(o.effective_from, o.from_precision, n.effective_from, n.from_precision)
    ELSE o.effective_from = n.effective_from END
UNION
FROM old_date;

-- All that does not count: taken back, rejected by a reviewer, or no longer read by newer rules of extraction.
CREATE OR REPLACE TEMP VIEW discounted AS
FROM fallen
UNION SELECT o.observation_id FROM observation o JOIN voided v ON v.row_id = o.rowid;

-- 2. Dated statements; a coarse date takes the earliest finer date of the same action that lies in it, and before its end.
CREATE OR REPLACE TEMP TABLE redated AS
WITH coarse AS (
  SELECT line, action, effective_from AS start, from_precision, ends, to_precision, kind, cluster, said_on, exhibit
  FROM active ANTI JOIN voided USING (row_id)
  WHERE effective_from IS NOT NULL AND from_precision <> 'day'
), fine AS (
  SELECT line, action, effective_from AS start, from_precision
  FROM active SEMI JOIN coarse USING (line, action) ANTI JOIN voided USING (row_id)
  WHERE effective_from IS NOT NULL AND from_precision = 'day'
), month_day AS (
  SELECT line, action, date_trunc('month', start)::DATE AS month, min(start) AS start FROM fine GROUP BY ALL
), by_month AS (
  SELECT c.* REPLACE (
    coalesce(m.start, c.start) AS start,
    CASE WHEN m.start IS NULL THEN c.from_precision ELSE 'day'::date_precision END AS from_precision)
  FROM coarse c LEFT JOIN month_day m
    ON c.from_precision = 'month' AND m.line = c.line AND m.action = c.action AND m.month = c.start
    AND (c.ends IS NULL OR m.start < c.ends)
), finer AS (
  SELECT line, action, start, from_precision FROM by_month WHERE from_precision <> 'year'
  UNION ALL FROM fine
), year_day AS (
  SELECT line, action, year(start) AS year, min(start) AS start, arg_min(from_precision, start) AS from_precision
  FROM finer GROUP BY ALL
)
SELECT b.* REPLACE (
  coalesce(y.start, b.start) AS start,
  CASE WHEN y.start IS NULL THEN b.from_precision ELSE y.from_precision END AS from_precision)
FROM by_month b LEFT JOIN year_day y
  ON b.from_precision = 'year' AND y.line = b.line AND y.action = b.action AND y.year = year(b.start)
  AND (b.ends IS NULL OR y.start < b.ends);

CREATE OR REPLACE TEMP VIEW dated AS
SELECT line, action, effective_from AS start, from_precision, ends, to_precision, kind, cluster, said_on, exhibit
FROM active ANTI JOIN voided USING (row_id)
WHERE effective_from IS NOT NULL AND from_precision = 'day'
UNION ALL FROM redated;

-- 3. An end told without a start belongs to the rule that began last before it was said, if that is of its action and had
--    not ended by then; if not, the rule held by the day it was said. An end that is moved belongs to a rule or to none.
INSERT INTO redated BY NAME
WITH ended AS (
  SELECT *, least(said_on, ends - 1) AS day FROM active ANTI JOIN voided USING (row_id)
  WHERE effective_from IS NULL AND ends IS NOT NULL
), starts AS (
  SELECT line, action, start, min(from_precision) AS start_precision, max(ends) AS until
  FROM dated SEMI JOIN ended USING (line) GROUP BY ALL
), begun AS (
  SELECT e.*, s.start AS last_start
  FROM ended e ASOF LEFT JOIN (SELECT DISTINCT line, start FROM starts) s ON s.line = e.line AND s.start <= e.day
)
SELECT b.line, b.action, b.ends, b.to_precision, b.kind, b.cluster, b.said_on, b.exhibit,
       coalesce(s.start, b.day) AS start, coalesce(s.start_precision, 'by'::date_precision) AS from_precision
FROM begun b LEFT JOIN starts s
  ON s.line = b.line AND s.start = b.last_start AND s.action = b.action AND (s.until IS NULL OR s.until >= b.day)
WHERE s.start IS NOT NULL OR b.relation <> 'reschedules';
