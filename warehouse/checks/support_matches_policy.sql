-- A current policy row without its support, or support without its row
SELECT coalesce(p.key_id, s.key_id) AS key_id, coalesce(p.stage, s.stage) AS stage, coalesce(p.valid_from, s.valid_from) AS valid_from
FROM (SELECT * FROM policy WHERE known_to = TIMESTAMP '9999-12-31') p
  FULL JOIN support s ON s.key_id = p.key_id AND s.stage = p.stage AND s.valid_from = p.valid_from AND s.action = p.action
WHERE p.key_id IS NULL OR s.key_id IS NULL
LIMIT 100;
