-- The last change of each rule of which something changed lately, if nobody was told of it.
SELECT change_id::VARCHAR FROM (
  SELECT c.*, r.cause FROM change c JOIN run r USING (run_id)
  WHERE c.known_at > $since AND c.kind <> 'technical'
  QUALIFY row_number() OVER (PARTITION BY c.key_id, c.stage ORDER BY c.known_at DESC, c.change_id DESC) = 1
) WHERE cause = 'crawl' AND known_at <= $until AND change_id NOT IN (FROM alert SELECT change_id);
