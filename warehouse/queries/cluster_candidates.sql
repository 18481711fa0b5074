-- Stored documents that share a MinHash band with the new ones in temp table `wanted_band`.
SELECT w.document_id::VARCHAR AS document_id, d.document_id::VARCHAR AS candidate_id, d.cluster_id::VARCHAR AS cluster_id,
       d.lang, d.title, d.text
FROM (SELECT DISTINCT w.document_id, b.document_id AS candidate_id
      FROM document_band b JOIN wanted_band w USING (band, value)) w
  JOIN document d ON d.document_id = w.candidate_id
WHERE d.text IS NOT NULL;
