-- What the run getvariable('run') brought and unsettled, as its load had it.
CREATE OR REPLACE TEMP TABLE brought AS FROM observation WHERE run_id = getvariable('run');
CREATE OR REPLACE TEMP TABLE unsettled AS
SELECT s.observation_id, o.key_id, s.stands
FROM standing s JOIN observation o USING (observation_id) WHERE s.run_id = getvariable('run');
