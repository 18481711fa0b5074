-- Services by name, so that a question may name them as people do.

CREATE TABLE service (slug VARCHAR NOT NULL, name VARCHAR NOT NULL, plain VARCHAR NOT NULL);
COMMENT ON TABLE service IS 'Names of the services and kinds of links that the extractor knows, in English and Chinese, one a row; a slug is a name too. Replaced whole when the gazetteer changes.';
COMMENT ON COLUMN service.slug IS 'Slug, as in platform and target.';
COMMENT ON COLUMN service.name IS 'One of its names.';
COMMENT ON COLUMN service.plain IS 'The name in lower case, letters and digits only.';

CREATE MACRO plain_name(name) AS regexp_replace(lower(name), '[^\p{L}\p{N}]', '', 'g');
COMMENT ON MACRO plain_name IS 'A name in lower case, letters and digits only: what two spellings of one name have in common.';

-- Slugs are names too, and whatever equals a name has the same plain form: one look into one part of the table.
CREATE MACRO service_of(named) AS coalesce(
  (SELECT CASE
     WHEN bool_or(s.slug = lower(named)) THEN min(s.slug) FILTER (s.slug = lower(named))
     WHEN count(DISTINCT s.slug) FILTER (lower(s.name) = lower(named)) = 1 THEN min(s.slug) FILTER (lower(s.name) = lower(named))
     WHEN count(DISTINCT s.slug) = 1 THEN min(s.slug) END
   FROM service s WHERE s.plain = plain_name(named)),
  lower(named));
COMMENT ON MACRO service_of IS 'Slug of a service named in any way: a slug, or a name that only one service goes by, in any spelling. What nobody knows stays as it is, in lower case.';

CREATE MACRO asked(named) AS TABLE SELECT DISTINCT unnest([service_of(named), lower(named)]) AS slug;
COMMENT ON MACRO TABLE asked IS 'Slugs that a name asks for: that of the service, and the name itself, by which rules of an older gazetteer may stand.';

CREATE MACRO services_named(named) AS TABLE
  SELECT DISTINCT s.slug FROM service s WHERE s.plain = plain_name(named) ORDER BY s.slug;
COMMENT ON MACRO TABLE services_named IS 'Slugs of all services that go by a name.';

-- Rules of the platform first, then what is shown of them: a name that is looked up is no constant that a view could filter by.
CREATE OR REPLACE MACRO timeline(platform) AS TABLE
  WITH mine AS MATERIALIZED (
    SELECT p.* FROM policy p JOIN asked(platform) a ON a.slug = p.platform WHERE p.known_to = TIMESTAMP '9999-12-31'
  )
  SELECT m.surface, m.target, m.region, m.stage, m.action, m.valid_from, m.from_precision, m.valid_to, m.to_precision,
         m.authority, m.contested, coalesce(s.witnesses, len(m.evidence_ids))::UINTEGER AS witnesses,
         o.evidence AS sentence, d.url, m.known_from
  FROM mine m
    LEFT JOIN support s ON s.key_id = m.key_id AND s.stage = m.stage AND s.action = m.action AND s.valid_from = m.valid_from
    LEFT JOIN observation o ON o.observation_id = m.cause_id
    LEFT JOIN document d ON d.document_id = o.document_id
  ORDER BY m.surface, m.target, m.region, m.stage, m.valid_from;
COMMENT ON MACRO TABLE timeline IS 'All rules of one platform in order of time, as they are believed now.';

CREATE OR REPLACE MACRO applicable_rules(platform, surface, target, known_at, region := NULL) AS TABLE
  WITH targets AS (
    SELECT name, min(distance) AS distance FROM (
      SELECT a.slug AS name, 0 AS distance FROM asked(target) a
      UNION ALL SELECT s.scope, s.distance FROM scope s JOIN asked(target) a ON s.member = a.slug WHERE s.dimension = 'target'
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
    JOIN regions r ON r.name IS NOT DISTINCT FROM p.region JOIN asked(platform) a ON a.slug = p.platform
  WHERE CASE WHEN known_at IS NULL THEN p.known_to = TIMESTAMP '9999-12-31'
        ELSE p.known_from <= known_at::TIMESTAMP AND known_at::TIMESTAMP < p.known_to END;
COMMENT ON MACRO TABLE applicable_rules IS 'All rules, of any day and stage, that cover a concrete question, with their distance from it. known_at NULL is now.';

CREATE MACRO stranger(found, named) AS
  CASE
    WHEN EXISTS (SELECT 1 FROM service s WHERE s.plain = plain_name(found) AND s.slug = found)
      OR NOT EXISTS (SELECT 1 FROM service s) THEN NULL
    ELSE coalesce(
      (SELECT named || ' may be ' || string_agg(DISTINCT s.slug, ' or ' ORDER BY s.slug) FROM service s
       WHERE s.plain = plain_name(named) HAVING count(*) > 0),
      'no service is known as ' || named) END;
COMMENT ON MACRO stranger IS 'Why a name says nothing, of which service_of found this: no service is known by it, or several are. NULL if it says something.';

CREATE OR REPLACE MACRO can_link_asof(platform, surface, target, day, known_at, region := NULL) AS TABLE
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
  ), doubt AS (   -- what rules speak of is no stranger, though the gazetteer may not know it
    SELECT CASE WHEN NOT EXISTS (SELECT 1 FROM policy p JOIN asked(platform) a ON a.slug = p.platform)
             THEN stranger(service_of(platform), platform) END AS platform,
           CASE WHEN NOT EXISTS (SELECT 1 FROM covering c JOIN asked(target) a ON a.slug = c.target)
             THEN stranger(service_of(target), target) END AS target
  )
  SELECT CASE r.action WHEN 'allow' THEN 'allowed' WHEN 'restrict' THEN 'restricted' WHEN 'block' THEN 'blocked'
           ELSE 'unknown' END AS answer,
         r.surface AS rule_surface, r.target AS rule_target, r.region AS rule_region, r.valid_from, r.from_precision,
         r.valid_to, r.authority, r.contested, o.evidence AS sentence, d.url, d.source_id, d.published,
         r.cause_id AS evidence_id,
         concat_ws('; ',
           CASE WHEN r.action IS NULL AND n.day IS NULL THEN 'no rule is known' END,
           b.platform, b.target,
           CASE WHEN r.action IS NULL AND n.day IS NOT NULL THEN 'first known rule from ' || n.day END,
           CASE WHEN r.from_precision = 'month' AND day::DATE <= last_day(r.valid_from) THEN 'begins some day of this month' END,
           CASE WHEN r.from_precision = 'year' AND year(day::DATE) = year(r.valid_from) THEN 'begins some day of this year' END,
           CASE WHEN r.from_precision = 'by' THEN 'no start was stated, it held by ' || r.valid_from END,
           CASE WHEN r.contested THEN 'other statements contradict it' END,
           CASE WHEN g.n > 0 THEN 'a more general rule of later date says otherwise' END,
           CASE WHEN t.n > 0 THEN 'a trial is running' END) AS note
  FROM (SELECT 1) one LEFT JOIN rule r ON true CROSS JOIN later_general g CROSS JOIN trial t CROSS JOIN next_rule n
    CROSS JOIN doubt b
    LEFT JOIN observation o ON o.observation_id = r.cause_id
    LEFT JOIN document d ON d.document_id = o.document_id;
COMMENT ON MACRO TABLE can_link_asof IS 'can_link as it was believed at a time (UTC); known_at NULL is now.';
