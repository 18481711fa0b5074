UPDATE alert SET state = 'pending', finished_at = NULL, next_attempt_at = created_at
WHERE state = 'dead' AND (len($ids::VARCHAR[]) = 0 OR list_contains($ids::VARCHAR[], alert_id::VARCHAR))
  AND ($channel::VARCHAR IS NULL OR channel = $channel)
RETURNING alert_id;
