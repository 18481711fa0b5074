-- A run claims to have known something later than now; the clock of some run was wrong
SELECT run_id, number, known_at FROM run WHERE known_at > (now() AT TIME ZONE 'UTC') + INTERVAL 1 DAY
LIMIT 100;
