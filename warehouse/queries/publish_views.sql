-- What analysts use, as in warehouse/schema, but over the tables of the published file (publish_tables.sql), by numbers.

CREATE OR REPLACE VIEW policy_history AS
SELECT p.platform, p.surface, p.target, p.region, p.stage, p.action, p.valid_from, p.from_precision, p.valid_to,
       p.to_precision, p.authority, p.contested, p.resumed, p.own_end,
       coalesce(p.witnesses, len(p.evidence_ids))::UINTEGER AS witnesses,
       coalesce(p.observations, len(p.evidence_ids))::UINTEGER AS observations, p.first_said, p.last_said,
       g.evidence AS sentence, d.url, d.title, d.source_id, d.published,
       coalesce(p.cause_id, p.evidence_ids[1]) AS cause_id, p.evidence_ids, coalesce(p.against_ids, []) AS against_ids,
       p.known_from, p.known_to, p.run_id, key_of(p.platform, p.surface, p.target, p.region) AS key_id
FROM slim_rule p
  LEFT JOIN slim_passage g ON g.number = p.passage
  LEFT JOIN slim_document d ON d.number = g.document;

CREATE OR REPLACE VIEW policy_change AS
SELECT c.change_id, c.known_at, c.kind, c.effect, c.platform, c.surface, c.target, c.region, c.stage,
       c.before_action, c.before_from, c.before_from_precision, c.before_to, c.before_authority,
       c.after_action, c.after_from, c.after_from_precision, c.after_to, c.after_authority,
       c.contested, c.witnesses, g.evidence AS sentence, d.url, d.source_id, d.published,
       c.evidence_ids, c.follows, c.run_id, c.key_id
FROM change c
  LEFT JOIN slim_passage g ON g.number = c.passage
  LEFT JOIN slim_document d ON d.number = g.document
ORDER BY c.known_at, c.platform, c.surface, c.target, c.region, c.stage, coalesce(c.after_from, c.before_from);

CREATE OR REPLACE VIEW evidence AS
WITH cited AS (
  SELECT p.platform, p.surface, p.target, p.region, p.stage, p.action, p.valid_from, p.valid_to, p.first_statement,
         len(p.evidence_ids) AS supporting, unnest(list_concat(p.evidence_ids, p.against_ids)) AS observation_id,
         unnest(range(len(p.evidence_ids) + coalesce(len(p.against_ids), 0))) AS place
  FROM slim_rule p WHERE p.known_to = TIMESTAMP '9999-12-31'
)
SELECT c.platform, c.surface, c.target, c.region, c.stage, c.action, c.valid_from, c.valid_to,
       c.place < c.supporting AS supports, s.action AS said_action, s.effective_from AS said_from,
       s.from_precision AS said_precision, s.effective_to AS said_to, g.evidence AS sentence, g.evidence_start,
       g.evidence_end, d.kind, coalesce(s.said_on, d.published) AS said_on, s.published_inferred, s.confidence, s.rules, d.source_id, d.url, d.title, d.lang,
       d.warc_file, d.warc_offset, c.observation_id, d.document_id,
       coalesce(s.cluster_id, d.cluster_id, d.document_id) AS cluster_id, r.known_at
FROM cited c
  JOIN slim_statement s ON s.number = c.first_statement + c.place
  JOIN slim_passage g ON g.number = s.passage
  JOIN slim_document d ON d.number = g.document
  JOIN run r ON r.number = coalesce(s.run, d.run);

CREATE OR REPLACE MACRO timeline(platform) AS TABLE
  WITH mine AS MATERIALIZED (
    SELECT p.* FROM slim_rule p JOIN asked(platform) a ON a.slug = p.platform WHERE p.known_to = TIMESTAMP '9999-12-31'
  )
  SELECT m.surface, m.target, m.region, m.stage, m.action, m.valid_from, m.from_precision, m.valid_to, m.to_precision,
         m.authority, m.contested, m.witnesses, g.evidence AS sentence, d.url, m.known_from
  FROM mine m
    LEFT JOIN slim_passage g ON g.number = m.passage
    LEFT JOIN slim_document d ON d.number = g.document
  ORDER BY m.surface, m.target, m.region, m.stage, m.valid_from;

CREATE OR REPLACE MACRO can_link_asof(platform, surface, target, day, known_at, region := NULL) AS TABLE
  SELECT r.answer, r.surface AS rule_surface, r.target AS rule_target, r.region AS rule_region, r.valid_from,
         r.from_precision, r.valid_to, r.authority, r.contested, g.evidence AS sentence, d.url, d.source_id, d.published,
         r.cause_id AS evidence_id, r.note
  FROM answering_rule(platform, surface, target, day, known_at, region := region) r
    LEFT JOIN slim_passage g ON g.number = r.passage
    LEFT JOIN slim_document d ON d.number = g.document;

-- Rules that cite one of the ids are few: only their lists are taken apart.
CREATE OR REPLACE MACRO evidence_of(ids) AS TABLE
  WITH wanted AS MATERIALIZED (   -- where ids come from a question of their own, it is asked once
    SELECT ids::UUID[] AS all_ids
  ), asked_for AS (
    SELECT DISTINCT unnest(all_ids) AS observation_id FROM wanted
  ), citing AS (
    SELECT p.*, list_concat(p.evidence_ids, p.against_ids) AS cited FROM slim_rule p, wanted w
    WHERE list_has_any(p.evidence_ids, w.all_ids) OR list_has_any(p.against_ids, w.all_ids)
  ), named AS MATERIALIZED (   -- a handful, against which the large tables are then read
    SELECT * FROM (
      SELECT unnest(c.cited) AS observation_id, c.platform, c.surface, c.target, c.region, c.stage,
             c.first_statement + unnest(range(len(c.cited))) AS statement
      FROM citing c
      UNION ALL
      SELECT s.observation_id, s.platform, s.surface, s.target, s.region, s.stage, s.number FROM slim_statement s
      WHERE s.observation_id IS NOT NULL
    ) JOIN asked_for USING (observation_id)
  )
  SELECT n.observation_id, n.platform, n.surface, n.target, n.region, n.stage, s.action, s.effective_from, s.from_precision,
         s.effective_to, s.to_precision, g.evidence AS sentence, g.evidence_start, g.evidence_end, d.kind,
         coalesce(s.said_on, d.published) AS said_on, s.published_inferred, s.confidence, s.rules, d.source_id, d.url,
         d.title, d.lang, d.warc_file, d.warc_offset, d.document_id,
         coalesce(s.cluster_id, d.cluster_id, d.document_id) AS cluster_id, r.known_at
  FROM named n
    JOIN slim_statement s ON s.number = n.statement
    JOIN slim_passage g ON g.number = s.passage
    JOIN slim_document d ON d.number = g.document
    JOIN run r ON r.number = coalesce(s.run, d.run)
  WHERE NOT s.again
  ORDER BY 16, 1;
