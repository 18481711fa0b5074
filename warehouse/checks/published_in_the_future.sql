-- A statement is dated after it was seen
SELECT o.observation_id, o.said_on, d.seen_at, d.url FROM observation o JOIN document d USING (document_id)
WHERE o.said_on > d.seen_at::DATE + 1
LIMIT 100;
