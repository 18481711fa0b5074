-- Rows of policy, support, change and alert that the stored tables and the replayed ones (temp) do not share, and
-- alerts that are gone: routes of the past are not stored, but the ledger counts what each run put into the outbox.
WITH policies AS (
  SELECT 'policy, stored only' AS place, * FROM (FROM stored_policy EXCEPT ALL FROM temp.policy)
  UNION ALL SELECT 'policy, derived only', * FROM (FROM temp.policy EXCEPT ALL FROM stored_policy)
), supports AS (
  SELECT 'support, stored only' AS place, * FROM (FROM stored_support EXCEPT ALL FROM temp.support)
  UNION ALL SELECT 'support, derived only', * FROM (FROM temp.support EXCEPT ALL FROM stored_support)
), changes AS (
  SELECT 'change, stored only' AS place, * FROM (FROM stored_change EXCEPT ALL FROM temp.change)
  UNION ALL SELECT 'change, derived only', * FROM (FROM temp.change EXCEPT ALL FROM stored_change)
), alerts AS (
  SELECT 'alert, stored only' AS place, a.run_id, a.created_at
  FROM alert a ANTI JOIN temp.change c ON c.change_id = a.change_id AND c.run_id = a.run_id AND c.known_at <= a.created_at
    AND c.kind <> 'technical'
  UNION ALL
  SELECT 'alert, ledger only', r.run_id, r.known_at
  FROM run r LEFT JOIN (
    SELECT run_id, created_at AS known_at, count(*) AS there FROM alert GROUP BY ALL
  ) a USING (run_id, known_at), range(r.alerts - coalesce(a.there, 0))
)
SELECT place, run_id, key_id, stage, action, valid_from AS day FROM policies
UNION ALL SELECT place, NULL, key_id, stage, action, valid_from FROM supports
UNION ALL SELECT place, run_id, key_id, stage, coalesce(after_action, before_action), coalesce(after_from, before_from) FROM changes
UNION ALL SELECT place, run_id, NULL, NULL, NULL, created_at::DATE FROM alerts
ORDER BY ALL;
