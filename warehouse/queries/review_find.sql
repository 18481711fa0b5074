SELECT o.observation_id::VARCHAR AS observation_id, o.document_id::VARCHAR AS document_id, o.evidence_start AS start,
       o.evidence_end AS "end", o.evidence AS words, 'asked for' AS why, 1 - o.confidence AS need, o.platform, o.surface,
       o.target, o.region, o.action::VARCHAR AS action, o.stage::VARCHAR AS stage, o.effective_from,
       o.from_precision::VARCHAR AS from_precision, o.effective_to, o.to_precision::VARCHAR AS to_precision,
       o.confidence, d.title, d.url
FROM observation o JOIN document d USING (document_id)
WHERE starts_with(o.observation_id::VARCHAR, $prefix)
LIMIT 2;
