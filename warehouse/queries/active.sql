-- Observations that stand, of the keys in temp table `touched`, as known at getvariable('known'). `exhibit` orders
-- them as evidence: the platform's own words before news, then surer readings, then earlier ones; the greatest is the
-- best. It is a sort key made of these (bytes that compare as the values do) and ends with the observation's id, which
-- `exhibited` reads back: so ranking needs no sort of all observations, and lists of the best need no second look.
CREATE OR REPLACE TEMP TABLE active AS
WITH latest AS (
  SELECT observation_id, arg_max(stands, known_at) AS stands
  FROM standing WHERE known_at <= getvariable('known') GROUP BY observation_id, because
), out AS (
  SELECT observation_id FROM latest WHERE NOT stands
)
SELECT o.key_id, o.stage, o.action, o.effective_from, o.from_precision,
       CASE WHEN o.effective_to >= o.effective_from OR o.effective_from IS NULL THEN o.effective_to + 1 END AS ends,
       o.to_precision, o.relation, o.kind, o.said_on, o.document_id, o.cluster_id, o.page_id, o.source_id,
       o.observation_id,
       create_sort_key(o.kind, 'ASC NULLS FIRST', o.confidence, 'ASC NULLS FIRST', o.said_on, 'DESC NULLS FIRST',
                       o.observation_id, 'ASC NULLS FIRST') AS exhibit
FROM observation o SEMI JOIN touched USING (key_id) ANTI JOIN out USING (observation_id)
WHERE o.known_at <= getvariable('known');
