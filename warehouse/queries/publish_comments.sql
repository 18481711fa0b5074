-- Statements that give the published file's views the comments of what they stand for.
SELECT format('COMMENT ON COLUMN {}.{} IS ''{}''', table_name, column_name, replace(comment, '''', ''''''))
FROM duckdb_columns()
WHERE table_name IN (
  'document', 'observation', 'policy', 'support', 'change', 'policy_history', 'policy_change', 'evidence')
UNION ALL
SELECT format('COMMENT ON VIEW {} IS ''{}''', view_name, replace(comment, '''', ''''''))
FROM duckdb_views() WHERE view_name IN ('policy_history', 'policy_change', 'evidence');
