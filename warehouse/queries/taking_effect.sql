SELECT * FROM policy_history
WHERE valid_from = $day AND NOT resumed AND from_precision <> 'by' AND known_to = TIMESTAMP '9999-12-31'
  AND stage <> 'proposed'
ORDER BY platform, surface, target, region, stage;
