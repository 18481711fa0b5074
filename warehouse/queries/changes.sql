-- Changes known since a day, of a run, or by id (whichever parameter is given).
SELECT * REPLACE (
  change_id::VARCHAR AS change_id, follows::VARCHAR AS follows, evidence_ids::VARCHAR[] AS evidence_ids)
FROM change
WHERE ($since::DATE IS NULL OR known_at >= $since::DATE) AND ($run::VARCHAR IS NULL OR run_id = $run)
  AND ($ids::VARCHAR[] IS NULL OR list_contains($ids::VARCHAR[], change_id::VARCHAR))
ORDER BY known_at, platform, surface, target, region, stage, coalesce(after_from, before_from), change_id;
