-- A policy row or change cites an observation that is not there
WITH cited AS (
  SELECT 'policy' AS place, unnest(evidence_ids) AS observation_id FROM policy
  UNION ALL SELECT 'change', unnest(evidence_ids) FROM change
  UNION ALL SELECT 'support', unnest(list_concat(evidence_ids, against_ids)) FROM support
)
SELECT place, observation_id FROM cited ANTI JOIN observation USING (observation_id)
LIMIT 100;
