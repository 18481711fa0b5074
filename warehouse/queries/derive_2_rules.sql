-- Derivation, step 2 of 3: statements to rules (temp table `rule`) with precedence, and the day that each
-- undated statement speaks of (temp view `remark`). Lists of statements are made only at the end, for what is shown:
-- carried along they cost more than all the rest.

-- 4. One claim for each action and start. The best-ranked stated end is its end: silence about an end lifts none.
CREATE OR REPLACE TEMP TABLE claim AS
WITH ends AS (
  SELECT line, action, start, ends, max(kind) AS kind, count(DISTINCT cluster) AS witnesses,
         max(said_on) AS last_said, min(to_precision) AS to_precision
  FROM dated WHERE ends IS NOT NULL GROUP BY ALL
), best_end AS (
  SELECT line, action, start, ends, to_precision FROM ends
  QUALIFY row_number() OVER (
    PARTITION BY line, action, start ORDER BY kind DESC, witnesses DESC, last_said DESC, ends DESC) = 1
), claims AS (
  SELECT line, action, start, min(from_precision) AS from_precision, max(kind) AS kind,
         count(*) AS witnesses, min(first_said) AS first_said, max(last_said) AS last_said
  FROM (   -- once for each witness: half the cost of count(DISTINCT)
    SELECT line, action, start, cluster, min(from_precision) AS from_precision, max(kind) AS kind,
           min(said_on) AS first_said, max(said_on) AS last_said
    FROM dated GROUP BY ALL)
  GROUP BY line, action, start
)
SELECT c.*, e.ends, e.to_precision
FROM claims c LEFT JOIN best_end e USING (line, action, start);

-- 5. Undated statements: one for each day and action.
CREATE OR REPLACE TEMP TABLE undated AS
WITH said AS (
  SELECT line, action, said_on AS day, kind, cluster FROM active
  WHERE effective_from IS NULL AND ends IS NULL AND relation <> 'reschedules'
), told AS (
  SELECT line, action, day, max(kind) AS kind, min(cluster) <> max(cluster) AS several
  FROM said GROUP BY ALL
), counted AS (    -- few are told twice on one day
  SELECT line, action, day, count(DISTINCT cluster) AS witnesses
  FROM said SEMI JOIN (FROM told WHERE several) t USING (line, action, day) GROUP BY ALL
)
SELECT t.* EXCLUDE (several), coalesce(c.witnesses, 1) AS witnesses
FROM told t LEFT JOIN counted c USING (line, action, day);

-- 6. An undated statement of what an announced rule will bring refers to that announcement.
CREATE OR REPLACE TEMP TABLE heralding AS
SELECT u.line, u.action, u.day, min(c.start) AS start
FROM undated u JOIN claim c USING (line, action)
WHERE c.start > u.day AND c.first_said <= u.day + 7
GROUP BY ALL;

-- 7. What dated rules say on the day of each undated statement.
CREATE OR REPLACE TEMP TABLE heard AS
WITH ranked AS (
  SELECT *, row_number() OVER (
    PARTITION BY line ORDER BY start, from_precision <> 'by', kind, witnesses, last_said, action) AS rank
  FROM claim
), boundary AS (        -- the holder changes only where a rule starts or ends
  SELECT line, start AS day, CASE WHEN ends IS NULL THEN rank END AS rank FROM ranked
  UNION ALL
  SELECT line, ends, NULL FROM ranked WHERE ends IS NOT NULL
), points AS (          -- open rules: the running maximum
  SELECT line, day, max(max(rank)) OVER (PARTITION BY line ORDER BY day) AS rank
  FROM boundary GROUP BY line, day
), temporary_rule AS (
  SELECT p.line, p.day, max(r.rank) AS rank
  FROM points p JOIN ranked r
    ON r.line = p.line AND r.ends IS NOT NULL AND r.start <= p.day AND p.day < r.ends
  GROUP BY ALL
), holding AS (
  SELECT p.line, p.day, r.rank, r.action, r.start, r.ends, r.to_precision
  FROM points p
    LEFT JOIN temporary_rule t USING (line, day)
    LEFT JOIN ranked r ON r.line = p.line AND r.rank = greatest(p.rank, t.rank)
)
SELECT u.*, h.rank AS holder, h.action AS holder_action, h.start AS holder_start, h.ends AS holder_ends,
       h.to_precision AS holder_to_precision, g.start AS heralded
FROM undated u
  ASOF LEFT JOIN holding h ON h.line = u.line AND h.day <= u.day
  LEFT JOIN heralding g ON g.line = u.line AND g.action = u.action AND g.day = u.day;

-- 8. Of the undated statements that contradict what holds, the first of each row starts a rule by its day;
--    within a temporary rule it holds at most to that rule's end. A heralding statement starts nothing. Nor does a trial or
--    a proposal of what is decided; a decision ends them, so that what is told later of another one is no repetition.
CREATE OR REPLACE TEMP TABLE decision (number BIGINT, action policy_action, start DATE, ends DATE);

CREATE OR REPLACE TEMP MACRO starting(of_decisions) AS TABLE
WITH own AS (
  SELECT h.*, l.number FROM heard h JOIN line l USING (line)
  WHERE heralded IS NULL AND (l.stage = 'decided') = of_decisions
), since AS (
  SELECT o.*, d.start AS era, d.start IS NULL OR holder_start >= d.start AS begun_since,
         coalesce(d.action = o.action AND (d.ends IS NULL OR o.day < d.ends), false) AS decided
  FROM own o ASOF LEFT JOIN decision d ON d.number = o.number AND d.start <= o.day
), bound AS (      -- what holds is what has begun since the last decision
  SELECT * REPLACE (if(begun_since, holder, NULL) AS holder, if(begun_since, holder_action, NULL) AS holder_action,
                    if(begun_since, holder_start, NULL) AS holder_start, if(begun_since, holder_ends, NULL) AS holder_ends)
  FROM since WHERE NOT decided
), told AS (   -- of what was told on one day (three actions at most) the best comes last, by precedence
  SELECT *, lead(day) OVER days AS next_day,
         CASE WHEN lag(day) OVER days IS DISTINCT FROM day THEN lag(action) OVER days
           WHEN lag(day, 2) OVER days IS DISTINCT FROM day THEN lag(action, 2) OVER days
           ELSE lag(action, 3) OVER days END AS before
  FROM bound WHERE holder_start IS NULL OR day > holder_start
  WINDOW days AS (PARTITION BY line, holder, era ORDER BY day, kind, witnesses, action)
)
SELECT line, number, action, day, kind, witnesses, holder_ends, holder_to_precision FROM told
WHERE next_day IS DISTINCT FROM day AND action IS DISTINCT FROM coalesce(before, holder_action);

CREATE OR REPLACE TEMP TABLE starter AS FROM starting(true);

-- 9. All rules in order of precedence: on any day the highest rank that covers it holds. A decision begins wherever a decided
--    rule starts, the best of those that start on one day. It ends trials and proposals, or replaces those of its action that
--    begin while it holds.
INSERT INTO decision
WITH told AS (
  SELECT l.number, c.action, c.start, c.ends, c.from_precision <> 'by' AS stated, c.kind, c.witnesses, c.last_said
  FROM claim c JOIN line l USING (line) WHERE l.stage = 'decided'
  UNION ALL
  SELECT number, action, day, holder_ends, false, kind, witnesses, day FROM starter
)
SELECT number, action, start, ends
FROM told SEMI JOIN (SELECT l.number FROM active JOIN line l USING (line) WHERE l.stage <> 'decided') USING (number)
QUALIFY row_number() OVER (
  PARTITION BY number, start ORDER BY stated DESC, kind DESC, witnesses DESC, last_said DESC, action DESC) = 1;

INSERT INTO starter FROM starting(false);

CREATE OR REPLACE TEMP TABLE rule AS
WITH every AS (
  SELECT line, action, start, from_precision, ends, to_precision, kind, witnesses, first_said, last_said,
         true AS stated
  FROM claim
  UNION ALL
  SELECT line, action, day, 'by'::date_precision, holder_ends, holder_to_precision, kind, witnesses, day, day, false
  FROM starter
), tentative AS (
  SELECT e.line, e.action, e.start, e.stated, e.first_said, l.number
  FROM every e JOIN line l USING (line) WHERE l.stage <> 'decided'
), cut AS (
  SELECT t.line, t.action, t.start, t.stated, min(d.start) AS day
  FROM tentative t JOIN decision d USING (number)
  WHERE CASE WHEN d.action = t.action THEN d.start >= least(t.first_said, t.start) ELSE d.start > t.start END
  GROUP BY ALL
  UNION ALL
  SELECT t.line, t.action, t.start, t.stated, d.start
  FROM tentative t ASOF JOIN decision d ON d.number = t.number AND d.start <= t.start
  WHERE d.action = t.action AND (d.ends IS NULL OR t.start < d.ends)
), decided AS (
  SELECT line, action, start, stated, min(day) AS day FROM cut GROUP BY ALL
), rules AS (
  SELECT e.* EXCLUDE (first_said) REPLACE (
           least(e.ends, d.day) AS ends,
           CASE WHEN d.day < coalesce(e.ends, DATE '9999-12-31') THEN 'day' ELSE e.to_precision END::date_precision AS to_precision),
         e.ends AS own_ends
  FROM every e LEFT JOIN decided d USING (line, action, start, stated)
  WHERE d.day IS NULL OR d.day > e.start
)
SELECT *, row_number() OVER (
  PARTITION BY line ORDER BY start, from_precision <> 'by', kind, witnesses, last_said, action) AS rank
FROM rules;

-- 10. Undated statements, at the day they speak of.
CREATE OR REPLACE TEMP VIEW remark AS
SELECT a.line, a.action, coalesce(h.start, a.said_on) AS day, a.kind, a.cluster, a.said_on, a.exhibit
FROM active a
  LEFT JOIN heralding h ON h.line = a.line AND h.action = a.action AND h.day = a.said_on
WHERE a.effective_from IS NULL AND a.ends IS NULL AND a.relation <> 'reschedules';
