-- Something was stored by a run that is not in the ledger
WITH stored AS (
  SELECT DISTINCT 'source_run' AS place, run_id FROM source_run
  UNION ALL SELECT DISTINCT 'snapshot', run_id FROM snapshot
  UNION ALL SELECT DISTINCT 'document', run_id FROM document
  UNION ALL SELECT DISTINCT 'reading', run_id FROM reading
  UNION ALL SELECT DISTINCT 'observation', run_id FROM observation
  UNION ALL SELECT DISTINCT 'standing', run_id FROM standing
  UNION ALL SELECT DISTINCT 'missed', run_id FROM missed
  UNION ALL SELECT DISTINCT 'verdict', run_id FROM verdict
  UNION ALL SELECT DISTINCT 'policy', run_id FROM policy
  UNION ALL SELECT DISTINCT 'change', run_id FROM change
  UNION ALL SELECT DISTINCT 'alert', run_id FROM alert
)
FROM stored ANTI JOIN run USING (run_id)
LIMIT 100;
