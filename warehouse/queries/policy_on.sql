SELECT * FROM policy_history
WHERE valid_from <= $day AND $day < valid_to
  AND CASE WHEN $known::TIMESTAMP IS NULL THEN known_to = TIMESTAMP '9999-12-31' ELSE known_from <= $known::TIMESTAMP AND $known::TIMESTAMP < known_to END
  AND list_contains($stages::VARCHAR[], stage::VARCHAR)
  AND (len($platforms::VARCHAR[]) = 0 OR list_contains($platforms::VARCHAR[], platform))
ORDER BY platform, surface, target, region, stage;
