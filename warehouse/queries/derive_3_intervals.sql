-- Derivation, step 3 of 3: rules to intervals (temp table `derived`).

-- 11. Who holds between any two boundaries: the running maximum of rank for open rules (linear), a range join
--     for the few temporary ones.
CREATE OR REPLACE TEMP TABLE segment AS
WITH boundary AS (
  SELECT key_id, stage, start AS day, CASE WHEN ends IS NULL THEN rank END AS rank, from_precision AS starts_as,
         NULL::date_precision AS ends_as
  FROM rule
  UNION ALL
  SELECT key_id, stage, ends, NULL, NULL, to_precision FROM rule WHERE ends IS NOT NULL
), points AS (
  SELECT key_id, stage, day, max(max(rank)) OVER (PARTITION BY key_id, stage ORDER BY day) AS open_rank,
         min(ends_as) AS ends_as
  FROM boundary GROUP BY key_id, stage, day
), temporary_rule AS (
  SELECT p.key_id, p.stage, p.day, max(r.rank) AS rank
  FROM points p JOIN rule r
    ON r.key_id = p.key_id AND r.stage = p.stage AND r.ends IS NOT NULL AND r.start <= p.day AND p.day < r.ends
  GROUP BY ALL
), held AS (
  SELECT p.key_id, p.stage, p.day, p.ends_as, greatest(p.open_rank, t.rank) AS rank
  FROM points p LEFT JOIN temporary_rule t USING (key_id, stage, day)
), valued AS (
  SELECT h.*, r.action, r.start, r.ends, r.stated,
         CASE WHEN r.start = h.day THEN r.from_precision ELSE h.ends_as END AS precision
  FROM held h LEFT JOIN rule r ON r.key_id = h.key_id AND r.stage = h.stage AND r.rank = h.rank
), marked AS (
  SELECT *, action IS DISTINCT FROM lag(action) OVER w OR row_number() OVER w = 1 AS turns
  FROM valued WINDOW w AS (PARTITION BY key_id, stage ORDER BY day)
)
SELECT *, (sum(turns::INT) OVER (PARTITION BY key_id, stage ORDER BY day))::UINTEGER AS island FROM marked;

-- 12. Equal neighbours are one interval.
CREATE OR REPLACE TEMP TABLE island AS
WITH islands AS (
  SELECT key_id, stage, island, any_value(action) AS action, min(day) AS valid_from,
         arg_min(precision, day) AS from_precision, arg_min(start < day, day) AS resumed,
         arg_min(start, day) AS start, arg_min(stated, day) AS stated, arg_max(ends, day) FILTER (ends IS NOT NULL) AS last_ends,
         max(day) AS last_day, max(day) FILTER (ends IS NOT NULL) AS last_end_day
  FROM segment GROUP BY key_id, stage, island
), following AS (
  SELECT *, lead(valid_from) OVER w AS next_from, lead(from_precision) OVER w AS next_precision
  FROM islands WINDOW w AS (PARTITION BY key_id, stage ORDER BY island)
)
SELECT key_id, stage, island, action, valid_from, from_precision, resumed, start, stated,
       coalesce(next_from, DATE '9999-12-31') AS valid_to, next_precision AS to_precision,
       coalesce(last_day = last_end_day AND last_ends = next_from, false) AS own_end
FROM following WHERE action IS NOT NULL;

-- 13. Support and contradiction of each interval: the statements of its days, and those that made the rule that
--     holds from before. Best exhibits first; those of the rule that holds come before all others.
CREATE OR REPLACE TEMP TABLE backing AS
WITH judged AS (
  SELECT i.key_id, i.stage, i.island, p.kind, p.cluster_id, p.said_on, p.action = i.action AS supports,
         CASE WHEN p.action = i.action AND p.stated = i.stated
                AND CASE WHEN p.stated THEN p.day ELSE p.said_on END = i.start
           THEN '\xFF'::BLOB || p.exhibit ELSE p.exhibit END AS exhibit
  FROM placed p ASOF JOIN island i ON i.key_id = p.key_id AND i.stage = p.stage AND i.valid_from <= p.day
  WHERE p.day < i.valid_to
  UNION ALL
  SELECT i.key_id, i.stage, i.island, p.kind, p.cluster_id, p.said_on, true, '\xFF'::BLOB || p.exhibit
  FROM island i JOIN placed p ON p.key_id = i.key_id AND p.stage = i.stage AND p.action = i.action
    AND p.stated = i.stated AND p.day = i.start
  WHERE i.resumed AND (p.stated OR p.said_on = i.start)
)
SELECT key_id, stage, island, max(kind) FILTER (supports) AS authority, bool_or(NOT supports) AS contested,
       count(DISTINCT cluster_id) FILTER (supports) AS witnesses, count(*) FILTER (supports) AS observations,
       max(exhibit, 5) FILTER (supports) AS supporting, coalesce(max(exhibit, 5) FILTER (NOT supports), []) AS opposing,
       min(said_on) FILTER (supports) AS first_said, max(said_on) FILTER (supports) AS last_said
FROM judged GROUP BY ALL;

-- 14. What a trial or a proposal becomes when a decision comes: it ends there.
CREATE OR REPLACE TEMP TABLE derived AS
WITH decision AS (
  SELECT key_id, action, valid_from FROM island WHERE stage = 'decided' AND NOT resumed
), cut AS (
  SELECT i.key_id, i.stage, i.island, min(d.valid_from) AS day
  FROM island i JOIN backing b USING (key_id, stage, island) JOIN decision d ON d.key_id = i.key_id
  WHERE i.stage <> 'decided'
    AND CASE WHEN d.action = i.action THEN d.valid_from >= b.first_said ELSE d.valid_from > i.valid_from END
  GROUP BY ALL
), cited AS (
  SELECT * EXCLUDE (supporting, opposing), list_transform(opposing, lambda e: exhibited(e)) AS against_ids,
         list_transform(supporting, lambda e: exhibited(e)) AS evidence_ids
  FROM backing
)
SELECT i.key_id, i.stage, i.action, i.valid_from, i.from_precision,
       least(i.valid_to, c.day) AS valid_to,
       CASE WHEN c.day < i.valid_to THEN 'day' ELSE i.to_precision END::date_precision AS to_precision,
       b.authority, b.contested, i.resumed, i.own_end AND NOT coalesce(c.day < i.valid_to, false) AS own_end,
       b.witnesses, b.observations, b.first_said, b.last_said,
       b.evidence_ids[1] AS cause_id, b.evidence_ids, b.against_ids
FROM island i JOIN cited b USING (key_id, stage, island) LEFT JOIN cut c USING (key_id, stage, island)
WHERE c.day IS NULL OR c.day > i.valid_from;
