-- Changes that told of a rule's first day, or of the first day after it, and that were known before a time.
SELECT change_id::VARCHAR FROM change
WHERE (after_from = $day OR after_to = $day) AND known_at < $before AND kind <> 'technical'
ORDER BY known_at, change_id;
