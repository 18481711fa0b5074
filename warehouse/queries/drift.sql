-- Differences between the stored slice of today's belief and temp table `derived`, of the keys in temp table `touched`,
-- with the side that has the row; and stored rows whose own statement no longer counts.
WITH stored AS (
  SELECT key_id, stage, action, valid_from, from_precision, valid_to, to_precision, authority, contested, resumed, own_end
  FROM policy SEMI JOIN touched USING (key_id) WHERE known_to = TIMESTAMP '9999-12-31'
), derived_rows AS (
  SELECT key_id, stage, action, valid_from, from_precision, valid_to, to_precision, authority, contested, resumed, own_end
  FROM derived
), sustained AS (
  SELECT key_id, stage, action, valid_from, witnesses, observations, first_said, last_said, evidence_ids, against_ids
  FROM support SEMI JOIN touched USING (key_id)
), sustained_anew AS (
  SELECT key_id, stage, action, valid_from, witnesses, observations, first_said, last_said, evidence_ids, against_ids FROM derived
)
SELECT 'policy, stored only' AS side, key_id, stage, action, valid_from FROM (FROM stored EXCEPT ALL FROM derived_rows)
UNION ALL
SELECT 'policy, derived only', key_id, stage, action, valid_from FROM (FROM derived_rows EXCEPT ALL FROM stored)
UNION ALL
SELECT 'policy, baseless', key_id, stage, action, valid_from
FROM policy SEMI JOIN touched USING (key_id)
WHERE known_to = TIMESTAMP '9999-12-31' AND cause_id IN (FROM discounted)
UNION ALL
SELECT 'support, stored only', key_id, stage, action, valid_from FROM (FROM sustained EXCEPT ALL FROM sustained_anew)
UNION ALL
SELECT 'support, derived only', key_id, stage, action, valid_from FROM (FROM sustained_anew EXCEPT ALL FROM sustained)
ORDER BY ALL;
