-- Something was stored twice
SELECT 'observation' AS place, observation_id AS id FROM observation GROUP BY ALL HAVING count(*) > 1
UNION ALL SELECT 'document', document_id FROM document GROUP BY ALL HAVING count(*) > 1
UNION ALL SELECT 'change', change_id FROM change GROUP BY ALL HAVING count(*) > 1
UNION ALL SELECT 'alert', alert_id FROM alert GROUP BY ALL HAVING count(*) > 1
UNION ALL SELECT 'verdict', verdict_id FROM verdict GROUP BY ALL HAVING count(*) > 1
LIMIT 100;
