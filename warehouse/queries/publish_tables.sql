-- How rules, changes and their evidence lie in the published file: each id once, numbers in place of all other
-- references, every statement beside those that the same rule cites. The views below give back what the warehouse
-- holds, under the same names and with the same columns. Ids do not compress, so they were most of the file.

CREATE TABLE slim_document (
  number UINTEGER NOT NULL,
  document_id UUID NOT NULL,
  content_id UUID,
  run UINTEGER NOT NULL,
  seen_at TIMESTAMP NOT NULL,
  source_id VARCHAR,
  url VARCHAR,
  lang VARCHAR NOT NULL,
  kind document_kind NOT NULL,
  page_id UBIGINT,
  platform VARCHAR,
  published DATE,
  published_inferred BOOLEAN NOT NULL,
  title VARCHAR NOT NULL,
  cluster_id UUID,
  facts_id UUID,
  digest VARCHAR,
  warc_file VARCHAR,
  warc_offset BIGINT
);
COMMENT ON TABLE slim_document IS 'Documents as they lie in the file: numbered, an id that equals document_id left out. Ask view document.';

CREATE TABLE slim_passage (
  number UINTEGER NOT NULL,
  document UINTEGER NOT NULL,
  evidence_start UINTEGER NOT NULL,
  evidence_end UINTEGER NOT NULL,
  evidence VARCHAR NOT NULL
);
COMMENT ON TABLE slim_passage IS 'Passages that statements were read from, each once. Ask view observation.';

CREATE TABLE slim_statement (
  number UINTEGER NOT NULL,
  again BOOLEAN NOT NULL,
  observation_id UUID,
  passage UINTEGER NOT NULL,
  run UINTEGER,
  cluster_id UUID,
  said_on DATE,
  published_inferred BOOLEAN NOT NULL,
  platform VARCHAR,
  surface VARCHAR,
  target VARCHAR,
  region VARCHAR,
  stage policy_stage,
  action policy_action NOT NULL,
  effective_from DATE,
  from_precision date_precision,
  effective_to DATE,
  to_precision date_precision,
  relation said_relation NOT NULL,
  rules VARCHAR[] NOT NULL,
  confidence DOUBLE NOT NULL,
  extractor_version VARCHAR NOT NULL,
  verdict_id UUID
);
COMMENT ON TABLE slim_statement IS 'Observations in the order in which rules cite them, from whose lists their ids and keys come; again marks one that was cited before. Those that no rule cites stand at the end with ids and keys of their own. What equals the document''s (run, cluster, day of publication) is left out. Ask view observation.';

CREATE TABLE slim_rule (
  number UINTEGER NOT NULL,
  platform VARCHAR NOT NULL,
  surface VARCHAR NOT NULL,
  target VARCHAR NOT NULL,
  region VARCHAR,
  stage policy_stage NOT NULL,
  action policy_action NOT NULL,
  valid_from DATE NOT NULL,
  from_precision date_precision NOT NULL,
  valid_to DATE NOT NULL,
  to_precision date_precision,
  authority document_kind NOT NULL,
  contested BOOLEAN NOT NULL,
  resumed BOOLEAN NOT NULL,
  own_end BOOLEAN NOT NULL,
  passage UINTEGER NOT NULL,
  cause_id UUID,
  first_statement UINTEGER NOT NULL,
  evidence_ids UUID[] NOT NULL,
  against_ids UUID[],
  witnesses UINTEGER,
  observations UINTEGER,
  first_said DATE,
  last_said DATE,
  known_from TIMESTAMP NOT NULL,
  known_to TIMESTAMP NOT NULL,
  run_id VARCHAR NOT NULL
);
COMMENT ON TABLE slim_rule IS 'Rows of policy with their support, if they are believed; passage is that of the statement that decided, whose cause_id is left out where it is the first of evidence_ids. Ask view policy_history.';

CREATE TABLE slim_change (
  change_id UUID,
  run UINTEGER NOT NULL,
  kind VARCHAR NOT NULL,
  effect VARCHAR NOT NULL,
  platform VARCHAR NOT NULL,
  surface VARCHAR NOT NULL,
  target VARCHAR NOT NULL,
  region VARCHAR,
  stage policy_stage NOT NULL,
  before_action policy_action,
  before_from DATE,
  before_from_precision date_precision,
  before_to DATE,
  before_to_precision date_precision,
  before_authority document_kind,
  after_action policy_action,
  after_from DATE,
  after_from_precision date_precision,
  after_to DATE,
  after_to_precision date_precision,
  after_authority document_kind,
  contested BOOLEAN NOT NULL,
  witnesses UINTEGER NOT NULL,
  passage UINTEGER,
  rule UINTEGER,
  evidence_ids UUID[],
  follows UUID
);
COMMENT ON TABLE slim_change IS 'Changes as they lie in the file: change_id is left out where it is the hash of what changed, evidence_ids where they are those of a rule, passage where it is that rule''s. Ask view policy_change.';

CREATE VIEW document AS
SELECT d.document_id, coalesce(d.content_id, d.document_id) AS content_id, r.run_id, r.known_at, d.seen_at, d.source_id,
       d.url, d.lang, d.kind, d.platform, d.published, d.published_inferred, d.title, NULL::VARCHAR AS text,
       coalesce(d.cluster_id, d.document_id) AS cluster_id, d.facts_id, d.digest, d.warc_file, d.warc_offset
FROM slim_document d JOIN run r ON r.number = d.run;
COMMENT ON VIEW document IS 'One version of one text, as the extractor was given it; those that evidence was read from.';

CREATE VIEW observation AS
WITH named AS (
  SELECT unnest(list_concat(p.evidence_ids, p.against_ids)) AS observation_id, p.platform, p.surface, p.target, p.region,
         p.stage, p.first_statement + unnest(range(len(p.evidence_ids) + coalesce(len(p.against_ids), 0))) AS statement
  FROM slim_rule p
  UNION ALL
  SELECT s.observation_id, s.platform, s.surface, s.target, s.region, s.stage, s.number FROM slim_statement s
  WHERE s.observation_id IS NOT NULL
)
SELECT n.observation_id, r.run_id, r.known_at, d.document_id,
       coalesce(s.cluster_id, d.cluster_id, d.document_id) AS cluster_id,
       CASE WHEN s.verdict_id IS NULL THEN d.page_id END AS page_id, d.source_id, d.kind,
       coalesce(s.said_on, d.published) AS said_on, s.published_inferred,
       key_of(n.platform, n.surface, n.target, n.region) AS key_id, n.platform, n.surface, n.target, n.region, s.action, n.stage,
       s.effective_from, s.from_precision, s.effective_to, s.to_precision, s.relation,
       g.evidence, g.evidence_start, g.evidence_end, s.rules, s.confidence, s.extractor_version, s.verdict_id
FROM named n
  JOIN slim_statement s ON s.number = n.statement
  JOIN slim_passage g ON g.number = s.passage
  JOIN slim_document d ON d.number = g.document
  JOIN run r ON r.number = coalesce(s.run, d.run)
WHERE NOT s.again;
COMMENT ON VIEW observation IS 'A fact as it was read in one document; those that a rule or a change cites.';

CREATE VIEW policy AS
SELECT key_of(p.platform, p.surface, p.target, p.region) AS key_id, p.platform, p.surface, p.target, p.region, p.stage,
       p.action, p.valid_from, p.from_precision, p.valid_to, p.to_precision, p.authority, p.contested, p.resumed,
       p.own_end, coalesce(p.cause_id, p.evidence_ids[1]) AS cause_id,
       CASE WHEN p.known_to < TIMESTAMP '9999-12-31' THEN p.evidence_ids ELSE [] END AS evidence_ids, p.known_from, p.known_to, p.run_id,
       p.passage
FROM slim_rule p;
COMMENT ON VIEW policy IS 'What held when (valid time), and when that was believed here (known time).';
COMMENT ON COLUMN policy.passage IS 'Number of the passage that the observation which decided was read from.';

CREATE VIEW support AS
SELECT key_of(p.platform, p.surface, p.target, p.region) AS key_id, p.stage, p.action, p.valid_from, p.witnesses,
       p.observations, p.first_said, p.last_said, p.evidence_ids, coalesce(p.against_ids, []) AS against_ids
FROM slim_rule p WHERE p.known_to = TIMESTAMP '9999-12-31';
COMMENT ON VIEW support IS 'How well each row of today''s policy is supported, all restatements counted.';

CREATE VIEW change AS
SELECT coalesce(c.change_id, md5(concat_ws('|', r.run_id, key_of(c.platform, c.surface, c.target, c.region), c.stage,
         c.effect, c.before_action, c.before_from, c.after_action, c.after_from, c.after_to))::UUID) AS change_id,
       r.run_id, r.known_at, c.kind, c.effect, key_of(c.platform, c.surface, c.target, c.region) AS key_id, c.platform,
       c.surface, c.target, c.region, c.stage, c.before_action, c.before_from, c.before_from_precision, c.before_to,
       c.before_to_precision, c.before_authority, c.after_action, c.after_from, c.after_from_precision, c.after_to,
       c.after_to_precision, c.after_authority, c.contested, c.witnesses,
       coalesce(c.evidence_ids, p.evidence_ids) AS evidence_ids, c.follows, coalesce(c.passage, p.passage) AS passage
FROM slim_change c JOIN run r ON r.number = c.run LEFT JOIN slim_rule p ON p.number = c.rule;
COMMENT ON VIEW change IS 'What a run changed in the policy, one row for each event in the world.';
COMMENT ON COLUMN change.passage IS 'Number of the passage that the first of evidence_ids was read from.';
