-- Facts that stand in the documents that a reviewer has judged.
WITH latest AS (
  SELECT observation_id, arg_max(stands, known_at) AS stands FROM standing GROUP BY observation_id, because
)
SELECT o.* REPLACE (o.document_id::VARCHAR AS document_id)
FROM observation o SEMI JOIN verdict USING (document_id)
  ANTI JOIN (SELECT observation_id FROM latest WHERE NOT stands) gone USING (observation_id)
ORDER BY o.evidence_start, o.observation_id;
