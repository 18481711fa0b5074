-- Two rows of one rule hold on the same day and were believed at the same time
SELECT p.platform, p.surface, p.target, p.region, p.stage, p.action, p.valid_from, p.valid_to, q.action AS other_action,
       q.valid_from AS other_from
FROM (SELECT *, lead(valid_from) OVER w AS next_from FROM policy WHERE known_to = TIMESTAMP '9999-12-31'
      WINDOW w AS (PARTITION BY key_id, stage ORDER BY valid_from)) p
  JOIN policy q ON q.key_id = p.key_id AND q.stage = p.stage AND q.valid_from = p.next_from
    AND q.known_to = TIMESTAMP '9999-12-31'
WHERE p.next_from < p.valid_to
LIMIT 100;
