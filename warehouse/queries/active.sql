-- Observations that stand, of the keys in temp table `touched`, as known at getvariable('known'). A line is a key and a
-- stage: rules of one line follow upon each other, and a number is joined and grouped by at half the cost of both.
CREATE OR REPLACE TEMP TABLE line AS
SELECT (3 * number + enum_code(stage))::INTEGER AS line, number, key_id, stage
FROM (SELECT key_id, row_number() OVER () - 1 AS number FROM touched),
     (SELECT unnest(enum_range(NULL::policy_stage))::policy_stage AS stage);

CREATE OR REPLACE TEMP TABLE fallen AS
WITH latest AS (
  SELECT observation_id, arg_max(stands, known_at) AS stands
  FROM standing WHERE known_at <= getvariable('known') GROUP BY observation_id, because
)
SELECT DISTINCT observation_id FROM latest WHERE NOT stands;

-- `exhibit` orders statements as evidence: the platform's own words before news, then surer readings, then earlier
-- ones; the greatest is the best. It is a sort key made of these (bytes that compare as the values do) and ends with the
-- observation's id, which `exhibited` reads back: so ranking needs no sort of all observations, and lists of the best
-- need no second look. `foresees` marks what a platform's own page announces.
CREATE OR REPLACE TEMP TABLE active AS
SELECT l.line, o.action, o.effective_from, o.from_precision,
       CASE WHEN o.effective_to >= o.effective_from OR o.effective_from IS NULL THEN o.effective_to + 1 END AS ends,
       o.to_precision, o.relation, o.kind, o.said_on, hash(o.cluster_id) AS cluster, o.rowid AS row_id,
       coalesce(o.page_id IS NOT NULL AND o.kind = 'notice' AND o.effective_from > o.said_on, false) AS foresees,
       create_sort_key(o.kind, 'ASC NULLS FIRST', o.confidence, 'ASC NULLS FIRST', o.said_on, 'DESC NULLS FIRST',
                       o.observation_id, 'ASC NULLS FIRST') AS exhibit
FROM observation o JOIN line l USING (key_id, stage) ANTI JOIN fallen USING (observation_id)
WHERE o.known_at <= getvariable('known');
