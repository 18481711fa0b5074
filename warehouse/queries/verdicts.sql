SELECT * REPLACE (verdict_id::VARCHAR AS verdict_id, document_id::VARCHAR AS document_id)
FROM verdict ORDER BY decided_at, known_at, verdict_id;
