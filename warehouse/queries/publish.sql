-- Fill the slim file from the attached warehouse `source`: all policy and changes, of observations and documents
-- only what they cite, texts left out. Observations of one document stand together: what they share (document,
-- cluster, page, source, words) then takes next to no room; nothing but the ids themselves withstands compression.
-- What `support` lists for a rule that is believed is not listed a second time in `policy`.
INSERT INTO run FROM source.run ORDER BY number;
INSERT INTO source_run FROM source.source_run ORDER BY source_id, started_at;
INSERT INTO scope FROM source.scope;
INSERT INTO service FROM source.service ORDER BY plain, slug, name;
INSERT INTO policy
SELECT * REPLACE (CASE WHEN known_to < TIMESTAMP '9999-12-31' THEN evidence_ids ELSE [] END AS evidence_ids)
FROM source.policy ORDER BY platform, surface, target, region, stage, valid_from, known_from;
INSERT INTO support FROM source.support ORDER BY key_id, stage, valid_from;
INSERT INTO change FROM source.change ORDER BY known_at, platform, surface, target;
INSERT INTO observation
WITH cited AS (
  SELECT unnest(evidence_ids) AS observation_id FROM policy
  UNION SELECT cause_id FROM policy
  UNION SELECT unnest(evidence_ids) FROM change
  UNION SELECT unnest(evidence_ids) FROM support
  UNION SELECT unnest(against_ids) FROM support
)
SELECT * FROM source.observation SEMI JOIN cited USING (observation_id) ORDER BY document_id, evidence_start, key_id;
INSERT INTO document
SELECT * REPLACE (NULL AS text) FROM source.document SEMI JOIN observation USING (document_id) ORDER BY source_id, seen_at;
