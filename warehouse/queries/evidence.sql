-- The observations named, with the documents that state them.
SELECT o.observation_id::VARCHAR AS observation_id, o.document_id::VARCHAR AS document_id, o.source_id, o.kind::VARCHAR AS kind, d.url,
       d.title, d.published, o.published_inferred, o.evidence AS sentence, o.evidence_start AS start,
       o.evidence_end AS "end", o.confidence, o.rules, d.warc_file, d.warc_offset
FROM observation o JOIN document d USING (document_id)
WHERE o.observation_id IN (SELECT unnest($ids::VARCHAR[])::UUID);
