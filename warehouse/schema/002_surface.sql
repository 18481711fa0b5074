-- What analysts use, in the warehouse and in the published file alike.
-- Inside macros every column is qualified: an unqualified name that equals a parameter would mean the parameter.

CREATE VIEW policy_history AS
SELECT p.platform, p.surface, p.target, p.region, p.stage, p.action, p.valid_from, p.from_precision, p.valid_to,
       p.to_precision, p.authority, p.contested, p.resumed, p.own_end,
       coalesce(s.witnesses, len(p.evidence_ids))::UINTEGER AS witnesses,
       coalesce(s.observations, len(p.evidence_ids))::UINTEGER AS observations, s.first_said, s.last_said,
       o.evidence AS sentence, d.url, d.title, d.source_id, d.published, p.cause_id,
       coalesce(s.evidence_ids, p.evidence_ids) AS evidence_ids, coalesce(s.against_ids, []) AS against_ids,
       p.known_from, p.known_to, p.run_id, p.key_id
FROM policy p
  LEFT JOIN support s ON s.key_id = p.key_id AND s.stage = p.stage AND s.action = p.action
    -- An equality like the others: with any other condition DuckDB 1.5 compares each row with each.
    AND s.valid_from = CASE WHEN p.known_to = TIMESTAMP '9999-12-31' THEN p.valid_from END
  LEFT JOIN observation o ON o.observation_id = p.cause_id
  LEFT JOIN document d ON d.document_id = o.document_id;
COMMENT ON VIEW policy_history IS 'Every rule that was ever believed, with the sentence it stands on. Today''s belief: known_to = 9999-12-31.';

CREATE VIEW policy_current AS
SELECT * FROM policy_history
WHERE known_to = TIMESTAMP '9999-12-31' AND stage <> 'proposed'
  AND valid_from <= (now() AT TIME ZONE 'UTC')::DATE AND (now() AT TIME ZONE 'UTC')::DATE < valid_to
ORDER BY platform, surface, target, region, stage;
COMMENT ON VIEW policy_current IS 'What holds today, as believed today: decided rules and running trials.';

CREATE VIEW policy_upcoming AS
SELECT * FROM policy_history
WHERE known_to = TIMESTAMP '9999-12-31' AND valid_from > (now() AT TIME ZONE 'UTC')::DATE AND NOT resumed
ORDER BY valid_from, platform, surface, target, region, stage;
COMMENT ON VIEW policy_upcoming IS 'Rules that are announced or proposed and have not begun.';

CREATE VIEW policy_change AS
SELECT c.change_id, c.known_at, c.kind, c.effect, c.platform, c.surface, c.target, c.region, c.stage,
       c.before_action, c.before_from, c.before_from_precision, c.before_to, c.before_authority,
       c.after_action, c.after_from, c.after_from_precision, c.after_to, c.after_authority,
       c.contested, c.witnesses, o.evidence AS sentence, d.url, d.source_id, d.published,
       c.evidence_ids, c.follows, c.run_id, c.key_id
FROM change c
  LEFT JOIN observation o ON o.observation_id = c.evidence_ids[1]
  LEFT JOIN document d ON d.document_id = o.document_id
ORDER BY c.known_at, c.platform, c.surface, c.target, c.region, c.stage, coalesce(c.after_from, c.before_from);
COMMENT ON VIEW policy_change IS 'What became known when: one row for each event, before and after, with the sentence that caused it.';

CREATE VIEW evidence AS
WITH cited AS (
  SELECT key_id, stage, action, valid_from, unnest(evidence_ids) AS observation_id, true AS supports FROM support
  UNION ALL
  SELECT key_id, stage, action, valid_from, unnest(against_ids), false FROM support
)
SELECT p.platform, p.surface, p.target, p.region, p.stage, p.action, p.valid_from, p.valid_to, c.supports,
       o.action AS said_action, o.effective_from AS said_from, o.from_precision AS said_precision,
       o.effective_to AS said_to, o.evidence AS sentence, o.evidence_start, o.evidence_end, o.kind, o.said_on,
       o.published_inferred, o.confidence, o.rules, d.source_id, d.url, d.title, d.lang, d.warc_file, d.warc_offset,
       o.observation_id, o.document_id, o.cluster_id, o.known_at
FROM cited c
  JOIN policy p ON p.key_id = c.key_id AND p.stage = c.stage AND p.action = c.action AND p.valid_from = c.valid_from
    AND p.known_to = TIMESTAMP '9999-12-31'
  JOIN observation o ON o.observation_id = c.observation_id
  JOIN document d ON d.document_id = o.document_id;
COMMENT ON VIEW evidence IS 'The words that today''s policy stands on: up to five statements for and five against each rule.';

CREATE VIEW source_health AS
WITH numbered AS (
  SELECT s.*, row_number() OVER (PARTITION BY source_id ORDER BY finished_at DESC) AS age FROM source_run s
), last_good AS (
  SELECT source_id, min(age) FILTER (status IN ('ok', 'skipped')) AS good_age, count(*) AS runs FROM numbered GROUP BY source_id
)
SELECT n.source_id, n.status, n.finished_at AS last_run_at, n.message,
       (SELECT max(g.finished_at) FROM source_run g WHERE g.source_id = n.source_id AND g.status = 'ok') AS last_ok_at,
       coalesce(l.good_age - 1, l.runs)::UINTEGER AS bad_runs, l.runs::UINTEGER AS runs,
       n.requests, n.snapshots, n.unchanged, n.documents, n.facts, n.bytes
FROM numbered n JOIN last_good l USING (source_id)
WHERE n.age = 1 ORDER BY n.source_id;
COMMENT ON VIEW source_health IS 'Last run of each source, when it last went well, and how many runs in a row have not.';

CREATE MACRO policy_asof(day, known_at) AS TABLE
  SELECT h.* FROM policy_history h
  WHERE h.valid_from <= day::DATE AND day::DATE < h.valid_to AND h.stage <> 'proposed'
    AND h.known_from <= known_at::TIMESTAMP AND known_at::TIMESTAMP < h.known_to
  ORDER BY h.platform, h.surface, h.target, h.region, h.stage;
COMMENT ON MACRO TABLE policy_asof IS 'What held on a day, as it was believed at a time (UTC).';

CREATE MACRO policy_on(day) AS TABLE
  SELECT h.* FROM policy_history h
  WHERE h.valid_from <= day::DATE AND day::DATE < h.valid_to AND h.stage <> 'proposed'
    AND h.known_to = TIMESTAMP '9999-12-31'
  ORDER BY h.platform, h.surface, h.target, h.region, h.stage;
COMMENT ON MACRO TABLE policy_on IS 'What held on a day, as it is believed now.';

CREATE MACRO policy_diff(day1, day2) AS TABLE
  WITH one AS (
    SELECT p.* FROM policy p
    WHERE p.known_to = TIMESTAMP '9999-12-31' AND p.stage <> 'proposed' AND p.valid_from <= day1::DATE AND day1::DATE < p.valid_to
  ), two AS (
    SELECT p.* FROM policy p
    WHERE p.known_to = TIMESTAMP '9999-12-31' AND p.stage <> 'proposed' AND p.valid_from <= day2::DATE AND day2::DATE < p.valid_to
  )
  SELECT coalesce(one.platform, two.platform) AS platform, coalesce(one.surface, two.surface) AS surface,
         coalesce(one.target, two.target) AS target, coalesce(one.region, two.region) AS region,
         coalesce(one.stage, two.stage) AS stage, one.action AS action1, two.action AS action2,
         one.valid_from AS from1, two.valid_from AS from2, two.cause_id
  FROM one FULL JOIN two ON one.key_id = two.key_id AND one.stage = two.stage
  WHERE one.action IS DISTINCT FROM two.action
  ORDER BY 1, 2, 3, 4, 5;
COMMENT ON MACRO TABLE policy_diff IS 'Where two days differ, as it is believed now.';

CREATE MACRO timeline(platform) AS TABLE
  SELECT h.surface, h.target, h.region, h.stage, h.action, h.valid_from, h.from_precision, h.valid_to, h.to_precision,
         h.authority, h.contested, h.witnesses, h.sentence, h.url, h.known_from
  FROM policy_history h
  WHERE h.platform = lower(platform) AND h.known_to = TIMESTAMP '9999-12-31'
  ORDER BY h.surface, h.target, h.region, h.stage, h.valid_from;
COMMENT ON MACRO TABLE timeline IS 'All rules of one platform in order of time, as they are believed now.';

CREATE MACRO applicable_rules(platform, surface, target, known_at, region := NULL) AS TABLE
  WITH targets AS (
    SELECT name, min(distance) AS distance FROM (
      SELECT lower(target) AS name, 0 AS distance
      UNION ALL SELECT s.scope, s.distance FROM scope s WHERE s.dimension = 'target' AND s.member = lower(target)
      UNION ALL SELECT 'external', 100) GROUP BY name
  ), surfaces AS (
    SELECT name, min(distance) AS distance FROM (
      SELECT lower(surface) AS name, 0 AS distance UNION ALL SELECT 'all', 100) GROUP BY name
  ), regions AS (
    SELECT name, min(distance) AS distance FROM (
      SELECT upper(region) AS name, 0 AS distance
      UNION ALL SELECT s.scope, s.distance FROM scope s WHERE s.dimension = 'region' AND s.member = upper(region)
      UNION ALL SELECT NULL, 100) GROUP BY name
  )
  SELECT p.*, t.distance AS target_distance, f.distance AS surface_distance, r.distance AS region_distance
  FROM policy p JOIN targets t ON t.name = p.target JOIN surfaces f ON f.name = p.surface
    JOIN regions r ON r.name IS NOT DISTINCT FROM p.region
  WHERE p.platform = lower(platform)
    AND CASE WHEN known_at IS NULL THEN p.known_to = TIMESTAMP '9999-12-31'
        ELSE p.known_from <= known_at::TIMESTAMP AND known_at::TIMESTAMP < p.known_to END;
COMMENT ON MACRO TABLE applicable_rules IS 'All rules, of any day and stage, that cover a concrete question, with their distance from it. known_at NULL is now.';

CREATE MACRO can_link_asof(platform, surface, target, day, known_at, region := NULL) AS TABLE
  WITH covering AS (
    SELECT * FROM applicable_rules(platform, surface, target, known_at, region := region)
  ), today AS (
    SELECT c.*, row_number() OVER (
      ORDER BY c.target_distance, c.surface_distance, c.region_distance, c.valid_from DESC, c.action DESC) AS place
    FROM covering c WHERE c.stage = 'decided' AND c.valid_from <= day::DATE AND day::DATE < c.valid_to
  ), rule AS (
    SELECT * FROM today WHERE place = 1
  ), later_general AS (
    SELECT count(*) AS n FROM today t, rule r WHERE t.action <> r.action AND t.valid_from > r.valid_from
  ), trial AS (
    SELECT count(*) AS n FROM covering c
    WHERE c.stage = 'trial' AND c.valid_from <= day::DATE AND day::DATE < c.valid_to
  ), next_rule AS (
    SELECT min(c.valid_from) AS day FROM covering c WHERE c.stage = 'decided' AND c.valid_from > day::DATE
  )
  SELECT CASE r.action WHEN 'allow' THEN 'allowed' WHEN 'restrict' THEN 'restricted' WHEN 'block' THEN 'blocked'
           ELSE 'unknown' END AS answer,
         r.surface AS rule_surface, r.target AS rule_target, r.region AS rule_region, r.valid_from, r.from_precision,
         r.valid_to, r.authority, r.contested, o.evidence AS sentence, d.url, d.source_id, d.published,
         r.cause_id AS evidence_id,
         concat_ws('; ',
           CASE WHEN r.action IS NULL AND n.day IS NULL THEN 'no rule is known' END,
           CASE WHEN r.action IS NULL AND n.day IS NOT NULL THEN 'first known rule from ' || n.day END,
           CASE WHEN r.from_precision = 'month' AND day::DATE <= last_day(r.valid_from) THEN 'begins some day of this month' END,
           CASE WHEN r.from_precision = 'year' AND year(day::DATE) = year(r.valid_from) THEN 'begins some day of this year' END,
           CASE WHEN r.from_precision = 'by' THEN 'no start was stated, it held by ' || r.valid_from END,
           CASE WHEN r.contested THEN 'other statements contradict it' END,
           CASE WHEN g.n > 0 THEN 'a more general rule of later date says otherwise' END,
           CASE WHEN t.n > 0 THEN 'a trial is running' END) AS note
  FROM (SELECT 1) one LEFT JOIN rule r ON true CROSS JOIN later_general g CROSS JOIN trial t CROSS JOIN next_rule n
    LEFT JOIN observation o ON o.observation_id = r.cause_id
    LEFT JOIN document d ON d.document_id = o.document_id;
COMMENT ON MACRO TABLE can_link_asof IS 'can_link as it was believed at a time (UTC); known_at NULL is now.';

CREATE MACRO can_link(platform, surface, target, day, region := NULL) AS TABLE
  SELECT * FROM can_link_asof(platform, surface, target, day, NULL, region := region);
COMMENT ON MACRO TABLE can_link IS 'May links to the target stand at the surface of the platform on that day? Always one row: allowed, restricted, blocked or unknown, with the most specific rule that answered and its sentence.';

CREATE MACRO can_link(on_platform, at_surface, to_target, on_day) AS
  (SELECT l.answer FROM can_link_asof(on_platform, at_surface, to_target, on_day, NULL) l);
COMMENT ON MACRO can_link IS 'The same as one word, for use in a SELECT list.';
