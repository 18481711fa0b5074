-- A reviewer's corrected facts (temp table `correction`) take what belongs to the document from there.
CREATE OR REPLACE TEMP TABLE corrected AS
SELECT c.* REPLACE (
  key_of(c.platform, c.surface, c.target, c.region) AS key_id, d.cluster_id AS cluster_id, d.source_id AS source_id,
  d.kind AS kind,
  coalesce(   -- what the words say of earlier statements, they say of the right values too
    (SELECT any_value(o.relation) FROM observation o
     WHERE o.document_id = c.document_id AND o.evidence_start < c.evidence_end AND c.evidence_start < o.evidence_end),
    c.relation) AS relation,
  coalesce(   -- all that a document says, it says on one day
    (SELECT any_value(o.said_on) FROM observation o WHERE o.document_id = c.document_id),
    least(d.published, d.seen_at::DATE + 1), d.seen_at::DATE) AS said_on,
  d.published_inferred AS published_inferred)
FROM correction c JOIN document d USING (document_id);

INSERT INTO observation FROM corrected;

INSERT INTO brought FROM corrected;
