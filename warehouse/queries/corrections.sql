SELECT * REPLACE (verdict_id::VARCHAR AS verdict_id) FROM observation WHERE verdict_id IS NOT NULL;
