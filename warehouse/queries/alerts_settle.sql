UPDATE alert SET state = $state, attempts = attempts + 1, next_attempt_at = $next, last_error = $error,
  finished_at = CASE WHEN $state = 'pending' THEN NULL ELSE $at::TIMESTAMP END
WHERE alert_id = $id::UUID
RETURNING alert_id;
