-- One row of the outbox, unless it is there.
INSERT INTO alert (alert_id, change_id, run_id, channel, created_at, state, attempts, next_attempt_at)
SELECT $alert::UUID, $change::UUID, $run, $channel, $now, 'pending', 0, $now
WHERE NOT EXISTS (SELECT 1 FROM alert WHERE alert_id = $alert::UUID);
