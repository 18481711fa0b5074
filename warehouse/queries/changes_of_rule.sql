-- Changes of one rule (key and stage) that were known before a time, oldest first.
SELECT change_id::VARCHAR FROM change
WHERE platform = $platform AND surface = $surface AND target = $target AND region IS NOT DISTINCT FROM $region
  AND stage = $stage AND known_at < $before AND kind <> 'technical'
ORDER BY known_at, change_id;
