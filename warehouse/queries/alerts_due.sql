-- Pending alerts that are due; one that waits holds back the younger ones of its channel.
WITH waiting AS (
  SELECT channel, min(created_at) AS since FROM alert WHERE state = 'pending' AND next_attempt_at > $now GROUP BY channel
)
SELECT a.alert_id::VARCHAR AS alert_id, a.change_id::VARCHAR AS change_id, a.channel, a.state, a.attempts, a.created_at,
       a.next_attempt_at, a.last_error
FROM alert a LEFT JOIN waiting w USING (channel)
WHERE a.state = 'pending' AND a.next_attempt_at <= $now AND (w.since IS NULL OR a.created_at < w.since)
  AND ($channel::VARCHAR IS NULL OR a.channel = $channel)
ORDER BY a.created_at, a.alert_id LIMIT $limit;
