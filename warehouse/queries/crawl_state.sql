SELECT url, etag, last_modified, digest, last_fetched, next_due, role, first_seen, last_changed
FROM page WHERE source_id = $source ORDER BY url;
