-- warn: Statements contradict each other for the same start; a reviewer should look
SELECT platform, surface, target, region, stage, action, valid_from FROM policy
WHERE known_to = TIMESTAMP '9999-12-31' AND contested
LIMIT 100;
