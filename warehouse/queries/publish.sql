-- Fill the slim file (publish_layout.sql) from the attached warehouse `source`: all policy and changes, of observations
-- and documents only what they cite, texts left out. Numbers are places in the order of insertion.
INSERT INTO run FROM source.run ORDER BY number;
INSERT INTO source_run FROM source.source_run ORDER BY source_id, started_at;
INSERT INTO scope FROM source.scope;
INSERT INTO service FROM source.service ORDER BY plain, slug, name;

-- Rules with what they cite: the current lists of those that are believed, else the lists that they were written on.
CREATE TEMP TABLE cited_rule AS
SELECT p.* REPLACE (coalesce(s.evidence_ids, p.evidence_ids) AS evidence_ids),
       s.against_ids, s.witnesses, s.observations, s.first_said, s.last_said
FROM source.policy p
  LEFT JOIN source.support s ON s.key_id = p.key_id AND s.stage = p.stage AND s.action = p.action
    AND s.valid_from = CASE WHEN p.known_to = TIMESTAMP '9999-12-31' THEN p.valid_from END
ORDER BY p.platform, p.surface, p.target, p.region, p.stage, p.valid_from, p.known_from;

CREATE TEMP TABLE citation AS
SELECT rowid AS rule, unnest(list_concat(evidence_ids, against_ids)) AS observation_id FROM cited_rule;

INSERT INTO citation BY NAME
SELECT DISTINCT observation_id
FROM (SELECT cause_id AS observation_id FROM cited_rule UNION ALL SELECT unnest(evidence_ids) FROM source.change)
  ANTI JOIN citation USING (observation_id);

CREATE TEMP TABLE cited AS
SELECT o.*, c.first_cited
FROM source.observation o
  JOIN (SELECT observation_id, min(rowid) AS first_cited FROM citation GROUP BY ALL) c USING (observation_id);

INSERT INTO slim_document
SELECT row_number() OVER (ORDER BY d.seen_at, d.cluster_id, d.document_id) - 1, d.document_id,
       nullif(d.content_id, d.document_id), r.number, d.seen_at, d.source_id, d.url, d.lang, d.kind, c.page_id, d.platform,
       d.published, d.published_inferred, d.title, nullif(d.cluster_id, d.document_id), d.facts_id, d.digest, d.warc_file,
       d.warc_offset
FROM source.document d
  JOIN (SELECT document_id, max(page_id) AS page_id FROM cited GROUP BY ALL) c USING (document_id)
  JOIN run r USING (run_id)
ORDER BY d.seen_at, d.cluster_id, d.document_id;

INSERT INTO slim_passage
SELECT row_number() OVER passage - 1, * FROM (
  SELECT DISTINCT d.number, c.evidence_start, c.evidence_end, c.evidence
  FROM cited c JOIN slim_document d USING (document_id))
WINDOW passage AS (ORDER BY number, evidence_start, evidence_end, evidence)
ORDER BY 1;

CREATE TEMP TABLE placed AS
SELECT c.observation_id, p.number AS passage, nullif(c.cluster_id, coalesce(d.cluster_id, d.document_id)) AS cluster_id,
       nullif(r.number, d.run) AS run, nullif(c.said_on, d.published) AS said_on
FROM cited c JOIN run r USING (run_id) JOIN slim_document d USING (document_id)
  JOIN slim_passage p ON p.document = d.number AND p.evidence_start = c.evidence_start AND p.evidence_end = c.evidence_end
    AND p.evidence = c.evidence;

-- What a rule cites takes its key from the rule.
INSERT INTO slim_statement
SELECT c.rowid, c.rowid <> o.first_cited, CASE WHEN c.rule IS NULL THEN c.observation_id END, p.passage,
       p.run, p.cluster_id, p.said_on, o.published_inferred, CASE WHEN c.rule IS NULL THEN o.platform END,
       CASE WHEN c.rule IS NULL THEN o.surface END, CASE WHEN c.rule IS NULL THEN o.target END,
       CASE WHEN c.rule IS NULL THEN o.region END, CASE WHEN c.rule IS NULL THEN o.stage END, o.action, o.effective_from,
       o.from_precision, o.effective_to, o.to_precision, o.relation, o.rules, o.confidence, o.extractor_version,
       o.verdict_id
FROM citation c JOIN cited o USING (observation_id) JOIN placed p USING (observation_id)
ORDER BY c.rowid;

INSERT INTO slim_rule
SELECT c.rowid, c.platform, c.surface, c.target, c.region, c.stage, c.action, c.valid_from, c.from_precision, c.valid_to,
       c.to_precision, c.authority, c.contested, c.resumed, c.own_end, p.passage, nullif(c.cause_id, c.evidence_ids[1]),
       coalesce(sum(len(c.evidence_ids) + coalesce(len(c.against_ids), 0)) OVER before, 0), c.evidence_ids,
       nullif(c.against_ids, []), c.witnesses, c.observations, c.first_said, c.last_said, c.known_from, c.known_to, c.run_id
FROM cited_rule c JOIN placed p ON p.observation_id = c.cause_id
WINDOW before AS (ORDER BY c.rowid ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
ORDER BY c.rowid;

INSERT INTO slim_change
SELECT nullif(c.change_id, md5(concat_ws('|', c.run_id, c.key_id, c.stage, c.effect, c.before_action, c.before_from,
         c.after_action, c.after_from, c.after_to))::UUID), r.number, c.kind, c.effect, c.platform, c.surface, c.target,
       c.region, c.stage, c.before_action, c.before_from, c.before_from_precision, c.before_to, c.before_to_precision,
       c.before_authority, c.after_action, c.after_from, c.after_from_precision, c.after_to, c.after_to_precision,
       c.after_authority, c.contested, c.witnesses, nullif(p.passage, s.passage), s.rule,
       CASE WHEN s.rule IS NULL THEN c.evidence_ids END, c.follows
FROM source.change c JOIN run r USING (run_id)
  LEFT JOIN placed p ON p.observation_id = c.evidence_ids[1]
  LEFT JOIN (SELECT evidence_ids, min(number) AS rule, arg_min(passage, number) AS passage FROM slim_rule GROUP BY ALL) s
    ON s.evidence_ids = c.evidence_ids
ORDER BY c.known_at, c.platform, c.surface, c.target;

DROP TABLE cited_rule;
DROP TABLE citation;
DROP TABLE cited;
DROP TABLE placed;
