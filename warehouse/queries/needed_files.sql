-- Archive files that must stay: a statement rests on a page in them, or the last body of a page still visited.
SELECT warc_file FROM document
WHERE warc_file IS NOT NULL AND document_id IN (SELECT document_id FROM observation)
UNION
SELECT s.warc_file FROM snapshot s JOIN page p ON p.source_id = s.source_id AND p.digest = s.digest
WHERE p.last_fetched >= $since;
