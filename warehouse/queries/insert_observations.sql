-- Append what temp table `incoming` brings and `reread` documents no longer give. Leaves temp table `brought` (new
-- observations) and `unsettled` (observations whose standing this run may change).

-- What a page of the platform says and did not say when it was seen before has been said since, whatever day of
-- publication it keeps: such a statement counts from the day on which it was seen (`added`).
CREATE OR REPLACE TEMP TABLE revised AS
SELECT d.document_id, d.seen_at::DATE AS seen_on, p.document_id AS before_id, p.seen_at::DATE AS before_on
FROM document d JOIN document p ON p.url = d.url AND p.seen_at < d.seen_at
WHERE d.kind = 'notice' AND d.document_id IN (SELECT document_id FROM incoming)
QUALIFY row_number() OVER (PARTITION BY d.document_id ORDER BY p.seen_at DESC, p.document_id) = 1;

CREATE OR REPLACE TEMP TABLE added AS
WITH fresh AS (
  SELECT i.*, r.seen_on, r.before_id FROM incoming i JOIN revised r USING (document_id) WHERE i.said_on <= r.before_on
), told AS (
  FROM (FROM observation UNION ALL FROM incoming)
  WHERE document_id IN (SELECT before_id FROM fresh)
)
SELECT f.observation_id, f.seen_on
FROM fresh f ANTI JOIN told t
  ON t.document_id = f.before_id AND t.platform = f.platform AND t.surface = f.surface AND t.target = f.target
  AND t.action = f.action AND t.stage = f.stage AND t.region IS NOT DISTINCT FROM f.region
  AND t.effective_from IS NOT DISTINCT FROM f.effective_from AND t.from_precision IS NOT DISTINCT FROM f.from_precision
  AND t.effective_to IS NOT DISTINCT FROM f.effective_to AND t.to_precision IS NOT DISTINCT FROM f.to_precision;

-- Only a document that is read again may bring what is there: its id is part of the observations' ids. So the ids of all
-- others are not even looked at.
CREATE OR REPLACE TEMP TABLE brought AS
SELECT i.* REPLACE (
  key_of(i.platform, i.surface, i.target, i.region) AS key_id, coalesce(a.seen_on, i.said_on) AS said_on,
  i.published_inferred OR a.seen_on IS NOT NULL AS published_inferred)
FROM incoming i LEFT JOIN added a USING (observation_id)
  ANTI JOIN (SELECT observation_id FROM observation SEMI JOIN reread USING (document_id)) o USING (observation_id);

INSERT INTO observation FROM brought ORDER BY platform, surface, target;

CREATE OR REPLACE TEMP TABLE unsettled AS
WITH given AS (
  SELECT o.observation_id, o.key_id, i.observation_id IS NOT NULL AS stands
  FROM observation o SEMI JOIN reread USING (document_id)
    LEFT JOIN incoming i USING (observation_id)
  WHERE o.verdict_id IS NULL
), stood AS (
  SELECT observation_id, arg_max(stands, known_at) AS stands FROM standing
  WHERE because = 'reading' GROUP BY observation_id
)
SELECT g.observation_id, g.key_id, g.stands
FROM given g LEFT JOIN stood s USING (observation_id)
WHERE g.stands <> coalesce(s.stands, true);

INSERT INTO standing
SELECT observation_id, getvariable('run'), getvariable('known')::TIMESTAMP, stands, 'reading' FROM unsettled;
