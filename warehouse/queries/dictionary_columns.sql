SELECT column_name, regexp_replace(regexp_replace(data_type, 'ENUM\((.*)\)', '\1'), chr(39), '', 'g'), comment
FROM duckdb_columns() WHERE table_name = $table ORDER BY column_index;
