-- What is stored of the texts and pages in temp table `wanted` (content_id, url).
WITH version AS (
  SELECT document_id, arg_max(extractor_version, known_at) AS extractor_version FROM reading GROUP BY document_id
)
SELECT d.document_id::VARCHAR AS document_id, d.content_id::VARCHAR AS content_id, d.url, d.seen_at, d.digest,
       d.text IS NOT NULL AS has_text, d.cluster_id::VARCHAR AS cluster_id, v.extractor_version
FROM document d LEFT JOIN version v USING (document_id)
WHERE d.content_id IN (SELECT content_id FROM wanted) OR d.url IN (SELECT url FROM wanted)
ORDER BY d.seen_at, d.known_at, document_id;
