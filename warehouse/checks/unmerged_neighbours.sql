-- Two neighbouring rows of one rule say the same and should be one
SELECT platform, surface, target, region, stage, action, valid_from, valid_to
FROM policy WHERE known_to = TIMESTAMP '9999-12-31'
WINDOW w AS (PARTITION BY key_id, stage ORDER BY valid_from)
QUALIFY action = lead(action) OVER w AND valid_to = lead(valid_from) OVER w
LIMIT 100;
