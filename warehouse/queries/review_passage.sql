-- The passage without a statement that stands at a place of the documents whose id begins so.
SELECT DISTINCT m.document_id::VARCHAR AS document_id, m.start_offset, m.end_offset, d.title, d.url,
       substring(d.text, m.start_offset + 1, m.end_offset - m.start_offset) AS words
FROM missed m JOIN document d USING (document_id)
WHERE starts_with(m.document_id::VARCHAR, $document) AND m.start_offset = $start AND m.end_offset = $end;
