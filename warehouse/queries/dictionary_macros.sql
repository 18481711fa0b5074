SELECT function_name || '(' || list_aggregate(parameters, 'string_agg', ', ') || ')', comment FROM duckdb_functions()
WHERE NOT internal AND function_type IN ('macro', 'table_macro') AND comment IS NOT NULL
ORDER BY function_name, function_type DESC;
