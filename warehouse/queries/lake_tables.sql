-- Statements that copy the attached published file `source` into a lake, which knows no enumerated types: the rows of
-- each table as words, in `<table>_rows`, and under its own name a view that gives them their types back, and so
-- their order. Views and macros then mean there what they mean in the file.
WITH enumerated AS (
  SELECT table_name, string_agg(format('{0}::VARCHAR AS {0}', column_name), ', ') AS as_words,
         string_agg(format('{0}::{1} AS {0}', column_name, data_type), ', ') AS as_types
  FROM duckdb_columns() WHERE database_name = 'source' AND data_type LIKE 'ENUM%' GROUP BY table_name
)
SELECT
  format('CREATE OR REPLACE TABLE {0}_rows AS SELECT * {1} FROM source.{0}', table_name, coalesce('REPLACE (' || as_words || ')', '')),
  format('CREATE OR REPLACE VIEW {0} AS SELECT * {1} FROM {0}_rows', table_name, coalesce('REPLACE (' || as_types || ')', '')),
  format('COMMENT ON VIEW {0} IS ''{1}''', table_name, replace(comment, '''', ''''''))
FROM duckdb_tables() LEFT JOIN enumerated USING (table_name) WHERE database_name = 'source' ORDER BY table_name;
