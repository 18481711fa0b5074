-- warn: A rule starts before 1995 or more than twenty years from now; the date was probably misread
SELECT platform, surface, target, action, valid_from, cause_id FROM policy
WHERE known_to = TIMESTAMP '9999-12-31'
  AND (valid_from < DATE '1995-01-01' OR valid_from > (now() AT TIME ZONE 'UTC')::DATE + 7305)
LIMIT 100;
