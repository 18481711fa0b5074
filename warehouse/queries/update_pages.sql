-- Latest state of the pages in temp table `fetched` (one row for each fetch).
CREATE OR REPLACE TEMP TABLE latest_page AS
WITH newest AS (
  SELECT * FROM fetched
  QUALIFY row_number() OVER (PARTITION BY source_id, url ORDER BY fetched_at DESC, revisit) = 1
)
SELECT n.source_id, n.url, n.role, coalesce(n.etag, CASE WHEN n.revisit THEN p.etag END) AS etag,
       coalesce(n.last_modified, CASE WHEN n.revisit THEN p.last_modified END) AS last_modified, n.digest,
       coalesce(n.first_seen, p.first_seen, n.fetched_at) AS first_seen,
       coalesce(n.last_changed, CASE WHEN p.digest = n.digest THEN p.last_changed ELSE n.fetched_at END) AS last_changed,
       n.fetched_at AS last_fetched, n.next_due
FROM newest n LEFT JOIN page p USING (source_id, url)
WHERE p.last_fetched IS NULL OR p.last_fetched <= n.fetched_at;

DELETE FROM page USING latest_page l WHERE page.source_id = l.source_id AND page.url = l.url;

INSERT INTO page FROM latest_page ORDER BY source_id, url;
