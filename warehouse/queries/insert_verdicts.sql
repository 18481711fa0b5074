INSERT INTO verdict
SELECT * REPLACE (key_of(platform, surface, target, region) AS key_id)
FROM staged_verdict ANTI JOIN verdict USING (verdict_id);
