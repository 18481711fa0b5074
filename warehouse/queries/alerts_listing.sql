SELECT alert_id::VARCHAR AS alert_id, change_id::VARCHAR AS change_id, channel, state, attempts, created_at,
       next_attempt_at, last_error
FROM alert
WHERE ($state::VARCHAR IS NULL OR state = $state) AND ($channel::VARCHAR IS NULL OR channel = $channel)
ORDER BY created_at, alert_id LIMIT $limit;
