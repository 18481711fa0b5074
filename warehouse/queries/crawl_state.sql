SELECT url, arg_max(etag, fetched_at) FILTER (etag IS NOT NULL), arg_max(last_modified, fetched_at) FILTER (last_modified IS NOT NULL),
       arg_max(digest, fetched_at), max(fetched_at), arg_max(next_due, fetched_at)
FROM snapshot WHERE source_id = $source GROUP BY url ORDER BY url;
