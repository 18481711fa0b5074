-- The ledger's numbers or times do not rise one by one
SELECT run_id, number, known_at FROM run
QUALIFY number <> row_number() OVER (ORDER BY number) OR known_at <= lag(known_at) OVER (ORDER BY number)
LIMIT 100;
