-- The words cited as evidence do not stand in the document at their place
SELECT o.observation_id, o.document_id, o.evidence_start, o.evidence_end, left(o.evidence, 80) AS evidence
FROM observation o JOIN document d USING (document_id)
WHERE d.text IS NOT NULL AND NOT contains(d.text, o.evidence)
   OR substring(d.text, o.evidence_start + 1, o.evidence_end - o.evidence_start) <> o.evidence
LIMIT 100;
