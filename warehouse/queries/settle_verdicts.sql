-- Let the latest verdict on each reading decide: on the observations of this run (temp table `brought`) and on
-- those that the verdicts of this run speak of. Adds to temp table `unsettled` whatever changes its standing.
CREATE OR REPLACE TEMP TABLE judged AS
WITH concerned AS (
  SELECT o.* FROM observation o SEMI JOIN brought USING (observation_id)
  UNION
  SELECT o.* FROM observation o WHERE o.key_id IN (SELECT key_id FROM verdict WHERE run_id = getvariable('run'))
), open_to AS (     -- a correction is judged by what was decided after it
  SELECT c.*, w.decided_at AS since FROM concerned c LEFT JOIN verdict w ON w.verdict_id = c.verdict_id
), matched AS (
  SELECT c.observation_id, c.key_id, v.verdict_id, v.decision, v.decided_at, v.known_at
  FROM open_to c JOIN verdict v
    ON v.key_id = c.key_id AND v.action = c.action AND v.stage = c.stage
    AND v.effective_from IS NOT DISTINCT FROM c.effective_from AND v.from_precision IS NOT DISTINCT FROM c.from_precision
    AND v.effective_to IS NOT DISTINCT FROM c.effective_to AND v.to_precision IS NOT DISTINCT FROM c.to_precision
  WHERE (c.since IS NULL OR v.decided_at > c.since)
    AND (v.evidence = c.evidence
      OR (v.document_id = c.document_id AND v.evidence_start < c.evidence_end AND c.evidence_start < v.evidence_end))
)
SELECT observation_id, key_id, arg_max(decision, {'at': decided_at, 'known': known_at, 'id': verdict_id}) AS decision
FROM matched GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE overruled AS   -- corrections that a later verdict on the same reading replaced
SELECT o.observation_id, o.key_id
FROM observation o JOIN verdict v ON v.verdict_id = o.verdict_id
  JOIN verdict n ON n.run_id = getvariable('run') AND n.verdict_id <> v.verdict_id AND n.decided_at >= v.decided_at
    AND n.key_id = v.key_id AND n.action = v.action AND n.stage = v.stage
    AND n.effective_from IS NOT DISTINCT FROM v.effective_from AND n.effective_to IS NOT DISTINCT FROM v.effective_to
  AND (n.evidence = v.evidence
    OR (n.document_id = v.document_id AND n.evidence_start < v.evidence_end AND v.evidence_start < n.evidence_end));

CREATE OR REPLACE TEMP TABLE ruled AS
WITH wanted AS (
  SELECT observation_id, key_id, decision = 'accept' AS stands FROM judged
  UNION ALL
  SELECT observation_id, key_id, false FROM overruled
), stood AS (
  SELECT observation_id, arg_max(stands, known_at) AS stands FROM standing
  WHERE because = 'verdict' GROUP BY observation_id
)
SELECT w.observation_id, w.key_id, w.stands
FROM wanted w LEFT JOIN stood s USING (observation_id)
WHERE w.stands <> coalesce(s.stands, true);

INSERT INTO unsettled SELECT observation_id, key_id, stands FROM ruled;

INSERT INTO standing
SELECT observation_id, getvariable('run'), getvariable('known')::TIMESTAMP, stands, 'verdict' FROM ruled;
