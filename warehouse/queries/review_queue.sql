-- Readings that today's policy stands on or is contradicted by, and missed passages, the most needed first; what a
-- reviewer has judged (same words and values, or a later verdict on the passage) is left out.
WITH cited AS (
  SELECT unnest(evidence_ids) AS observation_id, len(against_ids) > 0 AS contested, witnesses FROM support
  UNION ALL
  SELECT unnest(against_ids), true, witnesses FROM support
), facts AS (
  SELECT observation_id, bool_or(contested) AS contested, min(witnesses) AS witnesses FROM cited GROUP BY ALL
), open_facts AS (
  SELECT o.observation_id::VARCHAR AS observation_id, o.document_id::VARCHAR AS document_id, o.evidence_start AS start,
         o.evidence_end AS "end", o.evidence AS words,
         CASE WHEN f.contested THEN 'contested' WHEN o.confidence < 0.6 THEN 'unsure' ELSE 'single witness' END AS why,
         CASE WHEN f.contested THEN 0.5 + (1 - o.confidence) / 2 ELSE (1 - o.confidence) / f.witnesses END AS need,
         o.platform, o.surface, o.target, o.region, o.action::VARCHAR AS action, o.stage::VARCHAR AS stage,
         o.effective_from, o.from_precision::VARCHAR AS from_precision, o.effective_to,
         o.to_precision::VARCHAR AS to_precision, o.confidence
  FROM facts f JOIN observation o USING (observation_id)
  WHERE o.verdict_id IS NULL AND (f.contested OR o.confidence < 0.6 OR f.witnesses = 1)
    AND NOT EXISTS (
      SELECT 1 FROM verdict v
      WHERE v.key_id = o.key_id AND v.action = o.action AND v.stage = o.stage
        AND v.effective_from IS NOT DISTINCT FROM o.effective_from
        AND v.effective_to IS NOT DISTINCT FROM o.effective_to
        AND (v.evidence = o.evidence OR (v.document_id = o.document_id
          AND v.evidence_start < o.evidence_end AND o.evidence_start < v.evidence_end)))
), open_passages AS (
  SELECT DISTINCT NULL::VARCHAR AS observation_id, m.document_id::VARCHAR AS document_id, m.start_offset AS start,
         m.end_offset AS "end", substring(d.text, m.start_offset + 1, m.end_offset - m.start_offset) AS words,
         'missed' AS why, m.score AS need, NULL::VARCHAR AS platform, NULL::VARCHAR AS surface, NULL::VARCHAR AS target,
         NULL::VARCHAR AS region, NULL::VARCHAR AS action, NULL::VARCHAR AS stage, NULL::DATE AS effective_from,
         NULL::VARCHAR AS from_precision, NULL::DATE AS effective_to, NULL::VARCHAR AS to_precision, m.score AS confidence
  FROM missed m JOIN document d USING (document_id)
  WHERE NOT EXISTS (
    SELECT 1 FROM verdict v
    WHERE v.document_id = m.document_id AND v.evidence_start < m.end_offset AND m.start_offset < v.evidence_end)
)
SELECT q.*, d.title, d.url
FROM (FROM open_facts UNION ALL BY NAME FROM open_passages) q JOIN document d ON d.document_id::VARCHAR = q.document_id
ORDER BY q.need DESC, q.document_id, q.start LIMIT $limit;
