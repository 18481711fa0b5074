-- What the published file, which keeps words and ids elsewhere, would else have to define otherwise.
-- The rule that answers a question, apart from the words that it stands on: the published file keeps these elsewhere.

CREATE MACRO answering_rule(platform, surface, target, day, known_at, region := NULL) AS TABLE
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
  SELECT r.*,
         CASE r.action WHEN 'allow' THEN 'allowed' WHEN 'restrict' THEN 'restricted' WHEN 'block' THEN 'blocked'
           ELSE 'unknown' END AS answer,
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
    CROSS JOIN doubt b;
COMMENT ON MACRO TABLE answering_rule IS 'The most specific rule that covers a question, as it was believed at a time, with the answer and what should be known besides. Always one row; known_at NULL is now.';

CREATE OR REPLACE MACRO can_link_asof(platform, surface, target, day, known_at, region := NULL) AS TABLE
  SELECT r.answer, r.surface AS rule_surface, r.target AS rule_target, r.region AS rule_region, r.valid_from,
         r.from_precision, r.valid_to, r.authority, r.contested, o.evidence AS sentence, d.url, d.source_id, d.published,
         r.cause_id AS evidence_id, r.note
  FROM answering_rule(platform, surface, target, day, known_at, region := region) r
    LEFT JOIN observation o ON o.observation_id = r.cause_id
    LEFT JOIN document d ON d.document_id = o.document_id;
COMMENT ON MACRO TABLE can_link_asof IS 'can_link as it was believed at a time (UTC); known_at NULL is now.';

-- By columns, as in the published file key_id is computed anew at each question.
CREATE OR REPLACE MACRO policy_diff(day1, day2) AS TABLE
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
  FROM one FULL JOIN two ON one.platform = two.platform AND one.surface = two.surface AND one.target = two.target
    AND one.region IS NOT DISTINCT FROM two.region AND one.stage = two.stage
  WHERE one.action IS DISTINCT FROM two.action
  ORDER BY 1, 2, 3, 4, 5;
COMMENT ON MACRO TABLE policy_diff IS 'Where two days differ, as it is believed now.';
