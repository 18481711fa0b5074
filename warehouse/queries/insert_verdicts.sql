INSERT INTO verdict
SELECT v.* REPLACE (key_of(k.platform, k.surface, k.target, k.region) AS key_id)
FROM staged_verdict v JOIN verdict_key k ON k.verdict_id = v.verdict_id
ANTI JOIN verdict p ON p.verdict_id = v.verdict_id;
