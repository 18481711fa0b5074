SELECT * FROM policy_history
WHERE valid_to = $day::DATE + 1 AND own_end AND known_to = TIMESTAMP '9999-12-31' AND stage <> 'proposed'
ORDER BY platform, surface, target, region, stage;
