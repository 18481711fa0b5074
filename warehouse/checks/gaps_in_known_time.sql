-- A row was closed or written at a time at which no run is in the ledger
SELECT p.platform, p.surface, p.target, p.region, p.stage, p.known_from, p.known_to, p.run_id
FROM policy p
WHERE p.known_from NOT IN (SELECT known_at FROM run)
   OR (p.known_to <> TIMESTAMP '9999-12-31' AND p.known_to NOT IN (SELECT known_at FROM run))
LIMIT 100;
