-- Stored notices that state the same as one of the new ones.
SELECT facts_id::VARCHAR AS facts_id, platform, lang, coalesce(least(published, seen_at::DATE + 1), seen_at::DATE) AS said_on,
       cluster_id::VARCHAR AS cluster_id
FROM document
WHERE kind = 'notice' AND platform IS NOT NULL AND facts_id IN (SELECT unnest($facts::VARCHAR[])::UUID)
ORDER BY seen_at, document_id;
