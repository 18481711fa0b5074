-- For each source the start of its last loaded crawl; archive files begun later may hold pages not loaded yet.
SELECT source_id, max(started_at) AS started_at FROM source_run GROUP BY source_id;
