-- An observation without its document, or a document that speaks without its text
SELECT o.observation_id, o.document_id, d.text IS NULL AS no_text
FROM observation o LEFT JOIN document d USING (document_id)
WHERE d.text IS NULL
LIMIT 100;
