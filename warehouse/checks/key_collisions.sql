-- One key stands for two rules: their hashes are equal
SELECT key_id, count(DISTINCT {'p': platform, 's': surface, 't': target, 'r': region}) AS rules
FROM policy GROUP BY key_id HAVING rules > 1
LIMIT 100;
