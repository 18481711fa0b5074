SELECT * REPLACE (document_id::VARCHAR AS document_id)
FROM document SEMI JOIN verdict USING (document_id)
WHERE text IS NOT NULL ORDER BY seen_at, document_id;
