-- What of the attached warehouse `source` did not come into the slim file whole: rows there, rows here.
SELECT * FROM (
  SELECT 'policy' AS place, (SELECT count(*) FROM source.policy) AS there, (SELECT count(*) FROM slim_rule) AS here
  UNION ALL
  SELECT 'support', (SELECT count(*) FROM source.support),
         (SELECT count(*) FROM slim_rule WHERE known_to = TIMESTAMP '9999-12-31')
  UNION ALL
  SELECT 'change', (SELECT count(*) FROM source.change), (SELECT count(*) FROM slim_change)
  UNION ALL
  SELECT 'citations', (SELECT sum(len(evidence_ids) + coalesce(len(against_ids), 0)) FROM slim_rule),
         (SELECT count(*) FROM slim_statement WHERE observation_id IS NULL)
) WHERE there <> here;
