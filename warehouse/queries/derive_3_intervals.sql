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
  UNION ALL
  SELECT key_id, stage, day, NULL, NULL, NULL FROM member
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
  SELECT h.*, r.action, r.start, r.ends, r.from_precision,
         CASE WHEN r.start = h.day THEN r.from_precision ELSE h.ends_as END AS precision
  FROM held h LEFT JOIN rule r ON r.key_id = h.key_id AND r.stage = h.stage AND r.rank = h.rank
), marked AS (
  SELECT *, action IS DISTINCT FROM lag(action) OVER w OR row_number() OVER w = 1 AS turns
  FROM valued WINDOW w AS (PARTITION BY key_id, stage ORDER BY day)
)
SELECT *, sum(turns::INT) OVER (PARTITION BY key_id, stage ORDER BY day) AS island FROM marked;

-- 12. Equal neighbours are one interval.
CREATE OR REPLACE TEMP TABLE island AS
WITH islands AS (
  SELECT key_id, stage, island, any_value(action) AS action, min(day) AS valid_from,
         arg_min(precision, day) AS from_precision, arg_min(start < day, day) AS resumed,
         arg_min(rank, day) AS rank, arg_max(ends, day) FILTER (ends IS NOT NULL) AS last_ends,
         max(day) AS last_day, max(day) FILTER (ends IS NOT NULL) AS last_end_day
  FROM segment GROUP BY key_id, stage, island
), following AS (
  SELECT *, lead(valid_from) OVER w AS next_from, lead(from_precision) OVER w AS next_precision
  FROM islands WINDOW w AS (PARTITION BY key_id, stage ORDER BY island)
)
SELECT key_id, stage, island, action, valid_from, from_precision, resumed, rank,
       coalesce(next_from, DATE '9999-12-31') AS valid_to, next_precision AS to_precision,
       coalesce(last_day = last_end_day AND last_ends = next_from, false) AS own_end
FROM following WHERE action IS NOT NULL;

-- 13. Support and contradiction of each interval.
CREATE OR REPLACE TEMP TABLE backing AS
WITH placed AS (   -- statements of the interval's days, and the rules that hold it from before
  SELECT s.island, m.*, false AS holder
  FROM segment s JOIN member m USING (key_id, stage, day)
  UNION ALL BY NAME
  SELECT i.island, i.key_id, i.stage, r.action, i.valid_from AS day, r.kind, r.clusters, r.observations,
         r.first_said, r.last_said, r.evidence, true AS holder
  FROM island i JOIN rule r USING (key_id, stage, rank)
), judged AS (
  SELECT p.*, p.action = i.action AS supports
  FROM placed p JOIN island i USING (key_id, stage, island)
)
SELECT key_id, stage, island, max(kind) FILTER (supports) AS authority, coalesce(bool_or(NOT supports), false) AS contested,
       len(list_distinct(flatten(list(clusters) FILTER (supports)))) AS witnesses,
       list_distinct(flatten(list(evidence) FILTER (supports))) AS evidence,
       list_distinct(flatten(coalesce(list(evidence) FILTER (NOT supports), []))) AS against,
       flatten(list(evidence) FILTER (holder)) AS holding,
       min(first_said) FILTER (supports) AS first_said, max(last_said) FILTER (supports) AS last_said
FROM judged GROUP BY ALL;

-- 14. What a trial or a proposal becomes when a decision comes: it ends there.
CREATE OR REPLACE TEMP TABLE interval AS
WITH decision AS (
  SELECT key_id, action, valid_from FROM island WHERE stage = 'decided' AND NOT resumed
), cut AS (
  SELECT i.key_id, i.stage, i.island, min(d.valid_from) AS day
  FROM island i JOIN backing b USING (key_id, stage, island) JOIN decision d ON d.key_id = i.key_id
  WHERE i.stage <> 'decided'
    AND CASE WHEN d.action = i.action THEN d.valid_from >= b.first_said ELSE d.valid_from > i.valid_from END
  GROUP BY ALL
)
SELECT i.key_id, i.stage, i.action, i.valid_from, i.from_precision,
       least(i.valid_to, c.day) AS valid_to,
       CASE WHEN c.day < i.valid_to THEN 'day' ELSE i.to_precision END::date_precision AS to_precision,
       b.authority, b.contested, i.resumed, i.own_end AND NOT coalesce(c.day < i.valid_to, false) AS own_end,
       list_reverse_sort(b.holding)[:5] AS holding,
       list_reverse_sort(b.evidence)[:10] AS supporting, list_reverse_sort(b.against)[:5] AS opposing,
       b.witnesses, len(b.evidence) AS observations, b.first_said, b.last_said
FROM island i JOIN backing b USING (key_id, stage, island) LEFT JOIN cut c USING (key_id, stage, island)
WHERE c.day IS NULL OR c.day > i.valid_from;

-- 15. Numbers of exhibits back to ids: first what made the rule that holds, then what else supports it.
CREATE OR REPLACE TEMP TABLE derived AS
WITH cited AS (
  SELECT key_id, stage, valid_from, unnest(list_concat(holding, supporting)) AS exhibit, true AS supports FROM interval
  UNION ALL
  SELECT key_id, stage, valid_from, unnest(opposing), false FROM interval
), named AS (
  SELECT c.*, a.observation_id, list_contains(i.holding, c.exhibit) AS holds
  FROM (SELECT DISTINCT * FROM cited) c JOIN active a ON a.key_id = c.key_id AND a.exhibit = c.exhibit
    JOIN interval i ON i.key_id = c.key_id AND i.stage = c.stage AND i.valid_from = c.valid_from
), lists AS (
  SELECT key_id, stage, valid_from,
         list(observation_id ORDER BY holds DESC, exhibit DESC) FILTER (supports) AS evidence_ids,
         coalesce(list(observation_id ORDER BY exhibit DESC) FILTER (NOT supports), []) AS against_ids
  FROM named GROUP BY ALL
)
SELECT i.* EXCLUDE (holding, supporting, opposing), l.evidence_ids[1] AS cause_id, l.evidence_ids[:5] AS evidence_ids,
       l.against_ids
FROM interval i JOIN lists l USING (key_id, stage, valid_from);
