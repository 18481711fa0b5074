-- The table keeps its own past; a week of snapshots is for readers who began before the last night.
CALL ducklake_expire_snapshots('lake', older_than => now() - INTERVAL 7 DAY);
CALL ducklake_cleanup_old_files('lake', cleanup_all => true);
