-- Evidence by its ids, as answers, rules and changes give them. The published file finds it otherwise: view observation
-- makes every id anew there, so that asking it for a few reads all.

CREATE MACRO evidence_of(ids) AS TABLE
  SELECT o.observation_id, o.platform, o.surface, o.target, o.region, o.stage, o.action, o.effective_from, o.from_precision,
         o.effective_to, o.to_precision, o.evidence AS sentence, o.evidence_start, o.evidence_end, o.kind, o.said_on,
         o.published_inferred, o.confidence, o.rules, d.source_id, d.url, d.title, d.lang, d.warc_file, d.warc_offset,
         o.document_id, o.cluster_id, o.known_at
  FROM observation o JOIN document d USING (document_id)
  WHERE o.observation_id IN (SELECT unnest(ids::UUID[]))
  ORDER BY o.said_on, o.observation_id;
COMMENT ON MACRO TABLE evidence_of IS 'The statements with these ids (a list: [evidence_id] of can_link, evidence_ids of a rule or change): what they say, in which words, and where.';
