-- A rule ceased to be believed, and neither another row nor a change says why
-- What merely resumed after a temporary rule goes with it, without a change of its own.
SELECT p.platform, p.surface, p.target, p.region, p.stage, p.action, p.valid_from, p.known_to FROM policy p
  ANTI JOIN policy q ON q.key_id = p.key_id AND q.known_from = p.known_to
  ANTI JOIN change c ON c.key_id = p.key_id AND c.known_at = p.known_to
WHERE p.known_to <> TIMESTAMP '9999-12-31' AND NOT p.resumed
LIMIT 100;
