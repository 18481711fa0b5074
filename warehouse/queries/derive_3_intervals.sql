-- Derivation, step 3 of 3: rules to intervals (temp table `derived`).

-- 11. Who holds between any two boundaries: the running maximum of rank for open rules (linear), a range join
--     for the few temporary ones.
CREATE OR REPLACE TEMP TABLE segment AS
WITH boundary AS (
  SELECT line, start AS day, CASE WHEN ends IS NULL THEN rank END AS rank, from_precision AS starts_as,
         NULL::date_precision AS ends_as
  FROM rule
  UNION ALL
  SELECT line, ends, NULL, NULL, to_precision FROM rule WHERE ends IS NOT NULL
), points AS (
  SELECT line, day, max(max(rank)) OVER (PARTITION BY line ORDER BY day) AS open_rank,
         min(ends_as) AS ends_as
  FROM boundary GROUP BY line, day
), temporary_rule AS (
  SELECT p.line, p.day, max(r.rank) AS rank
  FROM points p JOIN rule r
    ON r.line = p.line AND r.ends IS NOT NULL AND r.start <= p.day AND p.day < r.ends
  GROUP BY ALL
), held AS (
  SELECT p.line, p.day, p.ends_as, greatest(p.open_rank, t.rank) AS rank
  FROM points p LEFT JOIN temporary_rule t USING (line, day)
), valued AS (
  SELECT h.*, r.action, r.start, r.own_ends, r.stated,
         CASE WHEN r.start = h.day THEN r.from_precision ELSE h.ends_as END AS precision
  FROM held h LEFT JOIN rule r ON r.line = h.line AND r.rank = h.rank
)
-- Equal neighbours are one interval: of these points only the first is kept, with the end of the one before it.
SELECT *, lag(own_ends) OVER points AS ends_before
FROM valued WINDOW points AS (PARTITION BY line ORDER BY day)
QUALIFY action IS DISTINCT FROM lag(action) OVER points OR row_number() OVER points = 1;

-- 12. Intervals: each ends where the next begins, by its own end if the rule that held last was to end there.
CREATE OR REPLACE TEMP TABLE island AS
WITH following AS (
  SELECT *, lead(day) OVER points AS next_from, lead(precision) OVER points AS next_precision,
         lead(ends_before) OVER points AS last_ends
  FROM segment WINDOW points AS (PARTITION BY line ORDER BY day)
)
SELECT (row_number() OVER ())::INTEGER AS number, line, action, day AS valid_from, precision AS from_precision,
       start < day AS resumed, start, stated, coalesce(next_from, DATE '9999-12-31') AS valid_to,
       next_precision AS to_precision, coalesce(last_ends = next_from, false) AS own_end
FROM following WHERE action IS NOT NULL;

-- 13. Support and contradiction of each interval: the statements of its days, and those that made the rule that
--     holds from before. Best exhibits first; those of the rule that holds come before all others. Witnesses are counted
--     in a list: for DISTINCT, DuckDB 2.0 would write down all that was judged.
CREATE OR REPLACE TEMP TABLE backing AS
WITH meant AS (     -- the interval of each claim, and those that hold again because of it
  SELECT c.line, c.action, c.start, i.number, c.action = i.action AS supports,
         c.action = i.action AND i.stated AND c.start = i.start AS made_it
  FROM claim c ASOF JOIN island i ON i.line = c.line AND i.valid_from <= c.start
  WHERE c.start < i.valid_to
  UNION ALL
  SELECT line, action, start, number, true, true FROM island WHERE resumed AND stated
), judged AS (
  SELECT m.number, d.kind, d.cluster, d.said_on, m.supports,
         CASE WHEN m.made_it THEN '\xFF'::BLOB || d.exhibit ELSE d.exhibit END AS exhibit
  FROM dated d JOIN meant m USING (line, action, start)
  UNION ALL
  SELECT i.number, r.kind, r.cluster, r.said_on, r.action = i.action,
         CASE WHEN r.action = i.action AND NOT i.stated AND r.said_on = i.start
           THEN '\xFF'::BLOB || r.exhibit ELSE r.exhibit END
  FROM remark r ASOF JOIN island i ON i.line = r.line AND i.valid_from <= r.day
  WHERE r.day < i.valid_to
  UNION ALL
  SELECT i.number, r.kind, r.cluster, r.said_on, true, '\xFF'::BLOB || r.exhibit
  FROM island i JOIN remark r ON r.line = i.line AND r.action = i.action AND r.day = i.start AND r.said_on = i.start
  WHERE i.resumed AND NOT i.stated
)
SELECT number, max(kind) FILTER (supports) AS authority, bool_or(NOT supports) AS contested,
       list_unique(list(cluster) FILTER (supports)) AS witnesses, count(*) FILTER (supports) AS observations,
       max(exhibit, 5) FILTER (supports) AS supporting, coalesce(max(exhibit, 5) FILTER (NOT supports), []) AS opposing,
       min(said_on) FILTER (supports) AS first_said, max(said_on) FILTER (supports) AS last_said
FROM judged GROUP BY ALL;

-- 14. All of it, with keys and stages again.
CREATE OR REPLACE TEMP TABLE derived AS
WITH cited AS (
  SELECT * EXCLUDE (supporting, opposing), list_transform(opposing, lambda e: exhibited(e)) AS against_ids,
         list_transform(supporting, lambda e: exhibited(e)) AS evidence_ids
  FROM backing
)
SELECT l.key_id, l.stage, i.action, i.valid_from, i.from_precision, i.valid_to, i.to_precision,
       b.authority, b.contested, i.resumed, i.own_end, b.witnesses, b.observations, b.first_said, b.last_said,
       b.evidence_ids[1] AS cause_id, b.evidence_ids, b.against_ids
FROM island i JOIN line l USING (line) JOIN cited b ON b.number = i.number;
