-- Append what temp table `incoming` brings and `reread` documents no longer give. Leaves temp table `brought` (new
-- observations) and `unsettled` (observations whose standing this run may change). Only a document that is read again
-- may bring what is there: its id is part of the observations' ids. So the ids of all others are not even looked at.
CREATE OR REPLACE TEMP TABLE brought AS
SELECT * REPLACE (key_of(platform, surface, target, region) AS key_id)
FROM incoming ANTI JOIN (SELECT observation_id FROM observation SEMI JOIN reread USING (document_id)) USING (observation_id);

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
