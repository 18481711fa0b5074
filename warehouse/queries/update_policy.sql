-- Bring the current slice of `policy`, and `support`, of the touched keys in line with temp table `derived`.
-- Leaves the rows that went (`gone`) and came (`born`), and the slice before (`old`), for the search for changes. A row
-- whose statement no longer counts (`baseless`) is written anew with another one, though nothing else of it has changed.
CREATE OR REPLACE TEMP TABLE old AS
SELECT p.rowid AS row_id, p.*, d.observation_id IS NOT NULL AS baseless
FROM policy p SEMI JOIN touched USING (key_id) LEFT JOIN discounted d ON d.observation_id = p.cause_id
WHERE p.known_to = TIMESTAMP '9999-12-31';

CREATE OR REPLACE TEMP TABLE gone AS
SELECT o.row_id FROM old o WHERE o.baseless OR NOT EXISTS (
  SELECT 1 FROM derived d
  WHERE d.key_id = o.key_id AND d.stage = o.stage AND d.action = o.action AND d.valid_from = o.valid_from
    AND d.from_precision = o.from_precision AND d.valid_to = o.valid_to
    AND d.to_precision IS NOT DISTINCT FROM o.to_precision
    AND d.authority = o.authority AND d.contested = o.contested AND d.resumed = o.resumed AND d.own_end = o.own_end);

CREATE OR REPLACE TEMP VIEW born AS
SELECT d.* FROM derived d WHERE NOT EXISTS (
  SELECT 1 FROM old o
  WHERE NOT o.baseless AND d.key_id = o.key_id AND d.stage = o.stage AND d.action = o.action AND d.valid_from = o.valid_from
    AND d.from_precision = o.from_precision AND d.valid_to = o.valid_to
    AND d.to_precision IS NOT DISTINCT FROM o.to_precision
    AND d.authority = o.authority AND d.contested = o.contested AND d.resumed = o.resumed AND d.own_end = o.own_end);

UPDATE policy SET known_to = getvariable('known')::TIMESTAMP WHERE rowid IN (SELECT row_id FROM gone);

-- What the keys stand for is told by their rules and by what is new; a look into all that was said is for the others.
CREATE OR REPLACE TEMP TABLE key AS
SELECT key_id, any_value(platform) AS platform, any_value(surface) AS surface, any_value(target) AS target,
       any_value(region) AS region
FROM (
  SELECT key_id, platform, surface, target, region FROM old
  UNION ALL SELECT key_id, platform, surface, target, region FROM brought)
GROUP BY key_id;

INSERT INTO key
SELECT key_id, platform, surface, target, region FROM observation
WHERE rowid IN (
  SELECT min(rowid) FROM observation SEMI JOIN (FROM touched ANTI JOIN key USING (key_id)) USING (key_id)
  GROUP BY key_id);

INSERT INTO policy
SELECT b.key_id, k.platform, k.surface, k.target, k.region, b.stage, b.action, b.valid_from, b.from_precision,
       b.valid_to, b.to_precision, b.authority, b.contested, b.resumed, b.own_end, b.cause_id, b.evidence_ids,
       getvariable('known')::TIMESTAMP, TIMESTAMP '9999-12-31', getvariable('run')
FROM born b JOIN key k USING (key_id)
ORDER BY k.platform, k.surface, k.target, k.region, b.stage, b.valid_from;

-- Of support only what differs is written: most rules of a touched key have gained nothing.
CREATE OR REPLACE TEMP VIEW sustained AS
SELECT key_id, stage, action, valid_from, witnesses::UINTEGER AS witnesses, observations::UINTEGER AS observations,
       first_said, last_said, evidence_ids, against_ids
FROM derived;

CREATE OR REPLACE TEMP TABLE outdated AS
SELECT s.rowid AS row_id FROM support s SEMI JOIN touched USING (key_id)
  ANTI JOIN sustained n ON n.key_id = s.key_id AND n.stage = s.stage AND n.action = s.action
    AND n.valid_from = s.valid_from AND n.witnesses = s.witnesses AND n.observations = s.observations
    AND n.first_said = s.first_said AND n.last_said = s.last_said AND n.evidence_ids = s.evidence_ids
    AND n.against_ids = s.against_ids;

DELETE FROM support WHERE rowid IN (SELECT row_id FROM outdated);

INSERT INTO support
FROM sustained n ANTI JOIN (FROM support SEMI JOIN touched USING (key_id)) s ON n.key_id = s.key_id AND n.stage = s.stage AND n.action = s.action
  AND n.valid_from = s.valid_from
ORDER BY n.key_id, n.stage, n.valid_from;
