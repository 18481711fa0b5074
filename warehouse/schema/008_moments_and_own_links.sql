-- Times with a zone are what they are wherever the asker sits; rules on links of others say nothing of a platform's own;
-- and where no rule holds, the last and the next one are named.

CREATE MACRO utc(moment) AS
  CASE WHEN typeof(moment) = 'TIMESTAMP WITH TIME ZONE' THEN moment::TIMESTAMPTZ AT TIME ZONE 'UTC' ELSE moment::TIMESTAMP END;
COMMENT ON MACRO utc IS 'A time as the tables have it: UTC. One with a zone (now()) is converted, any other is taken for UTC.';

CREATE OR REPLACE MACRO policy_asof(day, known_at) AS TABLE
  SELECT h.* FROM policy_history h
  WHERE h.valid_from <= day::DATE AND day::DATE < h.valid_to AND h.stage <> 'proposed'
    AND h.known_from <= utc(known_at) AND utc(known_at) < h.known_to
  ORDER BY h.platform, h.surface, h.target, h.region, h.stage;
COMMENT ON MACRO TABLE policy_asof IS 'What held on a day, as it was believed at a time (UTC, or with a zone). Witnesses and last_said are those that are known now.';

CREATE OR REPLACE MACRO applicable_rules(platform, surface, target, known_at, region := NULL) AS TABLE
  WITH own AS (
    SELECT count(*) > 0 AS links FROM asked(platform) p JOIN asked(target) t ON t.slug = p.slug
  ), targets AS (
    SELECT name, min(distance) AS distance FROM (
      SELECT a.slug AS name, 0 AS distance FROM asked(target) a
      UNION ALL SELECT s.scope, s.distance FROM scope s JOIN asked(target) a ON s.member = a.slug, own
      WHERE s.dimension = 'target' AND NOT own.links
      UNION ALL SELECT 'external', 100 FROM own WHERE NOT own.links) GROUP BY name
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
    JOIN regions r ON r.name IS NOT DISTINCT FROM p.region JOIN asked(platform) a ON a.slug = p.platform
  WHERE CASE WHEN known_at IS NULL THEN p.known_to = TIMESTAMP '9999-12-31'
        ELSE p.known_from <= utc(known_at) AND utc(known_at) < p.known_to END;
COMMENT ON MACRO TABLE applicable_rules IS 'All rules, of any day and stage, that cover a concrete question, with their distance from it. known_at NULL is now.';

CREATE OR REPLACE MACRO answering_rule(platform, surface, target, day, known_at, region := NULL) AS TABLE
  WITH covering AS (
    SELECT * FROM applicable_rules(platform, surface, target, known_at, region := region)
  ), today AS (
    SELECT c.*, row_number() OVER (
      ORDER BY c.target_distance, c.surface_distance, c.region_distance, c.valid_from DESC, c.action DESC) AS place
    FROM covering c WHERE c.stage = 'decided' AND c.valid_from <= day::DATE AND day::DATE < c.valid_to
  ), rule AS (
    SELECT * FROM today WHERE place = 1
  ), later_general AS (
    SELECT count(*) AS n FROM today t, rule r WHERE t.action <> r.action AND t.valid_from > r.valid_from AND NOT t.resumed
  ), trial AS (
    SELECT count(*) AS n FROM covering c
    WHERE c.stage = 'trial' AND c.valid_from <= day::DATE AND day::DATE < c.valid_to
  ), next_rule AS (
    SELECT min(c.valid_from) AS day FROM covering c WHERE c.stage = 'decided' AND c.valid_from > day::DATE
  ), last_rule AS (
    SELECT max(c.valid_to) AS day FROM covering c WHERE c.stage = 'decided' AND c.valid_to <= day::DATE
  ), doubt AS (   -- what rules speak of is no stranger, though the gazetteer may not know it
    SELECT CASE WHEN NOT EXISTS (SELECT 1 FROM policy p JOIN asked(platform) a ON a.slug = p.platform)
             THEN stranger(service_of(platform), platform) END AS platform,
           CASE WHEN NOT EXISTS (SELECT 1 FROM covering c JOIN asked(target) a ON a.slug = c.target)
             THEN stranger(service_of(target), target) END AS target
  )
  SELECT r.*,
         CASE r.action WHEN 'allow' THEN 'allowed' WHEN 'restrict' THEN 'restricted' WHEN 'block' THEN 'blocked'
           ELSE 'unknown' END AS answer,
         concat_ws('; ',
           CASE WHEN r.action IS NULL AND n.day IS NULL AND l.day IS NULL THEN 'no rule is known' END,
           b.platform, b.target,
           CASE WHEN r.action IS NULL THEN 'the last known rule ended on ' || (l.day - 1) END,
           CASE WHEN r.action IS NULL
             THEN CASE WHEN l.day IS NULL THEN 'first known rule from ' ELSE 'next known rule from ' END || n.day END,
           CASE WHEN r.from_precision = 'month' AND day::DATE <= last_day(r.valid_from) THEN 'begins some day of this month' END,
           CASE WHEN r.from_precision = 'year' AND year(day::DATE) = year(r.valid_from) THEN 'begins some day of this year' END,
           CASE WHEN r.from_precision = 'by' THEN 'no start was stated, it held by ' || r.valid_from END,
           CASE WHEN r.contested THEN 'other statements contradict it' END,
           CASE WHEN g.n > 0 THEN 'a more general rule of later date says otherwise' END,
           CASE WHEN t.n > 0 THEN 'a trial is running' END) AS note
  FROM (SELECT 1) one LEFT JOIN rule r ON true CROSS JOIN later_general g CROSS JOIN trial t CROSS JOIN next_rule n
    CROSS JOIN last_rule l CROSS JOIN doubt b;
COMMENT ON MACRO TABLE answering_rule IS 'The most specific rule that covers a question, as it was believed at a time, with the answer and what should be known besides. Always one row; known_at NULL is now.';

COMMENT ON MACRO TABLE can_link_asof IS 'can_link as it was believed at a time (UTC, or with a zone); known_at NULL is now.';
