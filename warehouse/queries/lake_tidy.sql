-- Rows of the tables that the published file held up to schema version 5.
DROP TABLE IF EXISTS document_rows;
DROP TABLE IF EXISTS observation_rows;
DROP TABLE IF EXISTS policy_rows;
DROP TABLE IF EXISTS support_rows;
DROP TABLE IF EXISTS change_rows;
-- The table keeps its own past; a week of snapshots is for readers who began before the last night.
CALL ducklake_expire_snapshots('lake', older_than => now() - INTERVAL 7 DAY);
CALL ducklake_cleanup_old_files('lake', cleanup_all => true);
