-- Changes of this run (temp table `event`), one for each event in the world: compares `old` with `derived` for
-- the touched keys. A row is known by its key, stage, action and start.
CREATE OR REPLACE TEMP MACRO state_of(action, valid_from, from_precision, valid_to, to_precision, authority) AS
  {'action': action, 'valid_from': valid_from, 'from_precision': from_precision, 'valid_to': valid_to,
   'to_precision': to_precision, 'authority': authority};

CREATE OR REPLACE TEMP TABLE event AS
WITH was AS (
  SELECT *, state_of(action, valid_from, from_precision, valid_to, to_precision, authority) AS state FROM old
), now AS (
  SELECT *, state_of(action, valid_from, from_precision, valid_to, to_precision, authority) AS state FROM derived
), added AS (       -- a rule that starts; an older one that merely resumes is no event
  SELECT n.*, row_number() OVER (PARTITION BY key_id, stage, action ORDER BY valid_from) AS place
  FROM now n ANTI JOIN was USING (key_id, stage, action, valid_from)
  WHERE NOT n.resumed
), removed AS (
  SELECT w.*, row_number() OVER (PARTITION BY key_id, stage, action ORDER BY valid_from) AS place
  FROM was w ANTI JOIN now USING (key_id, stage, action, valid_from)
  WHERE NOT w.resumed
), moved AS (       -- the same rule with another start
  SELECT a.key_id, a.stage, r.state AS before, a.state AS after,
         CASE
           WHEN a.valid_from BETWEEN r.valid_from AND last_covered(r.valid_from, r.from_precision) THEN 'confirmed'
           WHEN r.from_precision = 'by' AND a.valid_from < r.valid_from THEN 'confirmed'
           WHEN r.valid_from > getvariable('known')::DATE THEN 'rescheduled'
           ELSE 'corrected'
         END AS effect
  FROM added a JOIN removed r USING (key_id, stage, action, place)
), begun AS (       -- a rule that was not there; what it replaces is what was believed of that day, else its neighbour
  SELECT a.key_id, a.stage, coalesce(w.state, p.state) AS before, a.state AS after,
         CASE
           WHEN w.valid_from = a.valid_from AND NOT w.resumed THEN 'corrected'
           WHEN w.action IS NOT NULL OR p.action IS NOT NULL THEN 'reversed'
           ELSE 'new'
         END AS effect
  FROM added a
    ANTI JOIN removed r USING (key_id, stage, action, place)
    LEFT JOIN was w ON w.key_id = a.key_id AND w.stage = a.stage
      AND w.valid_from <= a.valid_from AND a.valid_from < w.valid_to
    LEFT JOIN now p ON p.key_id = a.key_id AND p.stage = a.stage AND p.valid_to = a.valid_from
  WHERE w.action IS DISTINCT FROM a.action   -- the same was believed of that day: a rule before it was put in between
), taken_back AS (  -- a rule that is no longer believed, and no other starts in its place
  SELECT r.key_id, r.stage, r.state AS before, n.state AS after, 'corrected' AS effect
  FROM removed r
    ANTI JOIN added a USING (key_id, stage, action, place)
    ANTI JOIN added s USING (key_id, stage, valid_from)
    LEFT JOIN now n ON n.key_id = r.key_id AND n.stage = r.stage
      AND n.valid_from <= r.valid_from AND r.valid_from < n.valid_to
  WHERE n.action IS DISTINCT FROM r.action
    AND NOT (r.stage <> 'decided' AND EXISTS (   -- a trial that was decided upon is no correction
      SELECT 1 FROM added d WHERE d.key_id = r.key_id AND d.stage = 'decided' AND d.action = r.action))
), ended AS (       -- the same rule with another end, which no new or vanished neighbour explains
  SELECT n.key_id, n.stage, w.state AS before, n.state AS after,
         CASE WHEN w.own_end THEN 'rescheduled' ELSE 'ended' END AS effect
  FROM now n JOIN was w USING (key_id, stage, action, valid_from)
  WHERE n.valid_to <> w.valid_to AND (n.own_end OR w.own_end)
    AND NOT EXISTS (
      SELECT 1 FROM added a WHERE a.key_id = n.key_id AND a.stage = n.stage AND a.valid_from = n.valid_to)
    AND NOT EXISTS (
      SELECT 1 FROM removed r WHERE r.key_id = n.key_id AND r.stage = n.stage AND r.valid_from = w.valid_to)
), sharpened AS (   -- the same rule on better or worse authority, or with a finer or coarser date
  SELECT n.key_id, n.stage, w.state AS before, n.state AS after,
         CASE WHEN n.authority > w.authority OR (n.authority = w.authority AND n.from_precision < w.from_precision)
           THEN 'confirmed' ELSE 'corrected' END AS effect
  FROM now n JOIN was w USING (key_id, stage, action, valid_from)
    ANTI JOIN ended e ON e.key_id = n.key_id AND e.stage = n.stage AND e.after = n.state
  WHERE (n.authority <> w.authority OR n.from_precision <> w.from_precision) AND NOT n.resumed AND NOT w.resumed
)
FROM moved UNION ALL BY NAME FROM begun UNION ALL BY NAME FROM taken_back UNION ALL BY NAME FROM ended
UNION ALL BY NAME FROM sharpened;

INSERT INTO change
WITH fresh AS (     -- what this run brought on the matter
  SELECT key_id, stage, action,
         list(observation_id ORDER BY kind DESC, confidence DESC, said_on, observation_id DESC)[:3] AS ids
  FROM brought ANTI JOIN fallen USING (observation_id) GROUP BY ALL
), told AS (
  SELECT e.*, coalesce(d.contested, false) AS contested, coalesce(d.witnesses, 0) AS witnesses,
         coalesce(f.ids, g.ids, []) AS fresh_ids,
         coalesce(d.evidence_ids, o.evidence_ids, []) AS standing_ids
  FROM event e
    LEFT JOIN derived d ON d.key_id = e.key_id AND d.stage = e.stage AND d.action = e.after.action
      AND d.valid_from = e.after.valid_from
    LEFT JOIN old o ON o.key_id = e.key_id AND o.stage = e.stage AND o.action = e.before.action
      AND o.valid_from = e.before.valid_from
    LEFT JOIN fresh f ON f.key_id = e.key_id AND f.stage = e.stage AND f.action = e.after.action
    LEFT JOIN fresh g ON g.key_id = e.key_id AND g.stage = e.stage AND g.action = e.before.action
), thread AS (
  SELECT key_id, stage, after_action AS action, after_from AS valid_from,
         arg_max(change_id, {'known_at': known_at, 'id': change_id}) AS change_id
  FROM change SEMI JOIN touched USING (key_id) GROUP BY ALL
)
SELECT md5(concat_ws('|', getvariable('run'), t.key_id, t.stage, t.effect, t.before.action, t.before.valid_from,
                     t.after.action, t.after.valid_from, t.after.valid_to))::UUID,
       getvariable('run'), getvariable('known')::TIMESTAMP,
       CASE WHEN getvariable('cause') = 'technical' THEN 'technical' ELSE t.effect END, t.effect,
       t.key_id, k.platform, k.surface, k.target, k.region, t.stage,
       t.before.action, t.before.valid_from, t.before.from_precision, t.before.valid_to, t.before.to_precision,
       t.before.authority,
       t.after.action, t.after.valid_from, t.after.from_precision, t.after.valid_to, t.after.to_precision,
       t.after.authority, t.contested, t.witnesses,
       list_concat(t.fresh_ids, list_filter(t.standing_ids, lambda i: NOT list_contains(t.fresh_ids, i)))[:5],
       h.change_id
FROM told t JOIN key k USING (key_id)
  LEFT JOIN thread h ON h.key_id = t.key_id AND h.stage = t.stage
    AND h.action = t.before.action AND h.valid_from = t.before.valid_from
ORDER BY k.platform, k.surface, k.target, k.region, t.stage, t.after.valid_from;
