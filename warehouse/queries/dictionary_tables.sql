SELECT table_name, comment FROM duckdb_tables() WHERE NOT temporary ORDER BY table_name;
