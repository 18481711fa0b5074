-- Share the keys of temp table `concerned` out among portions (temp table `shared`), so that the observations of one
-- are about getvariable('portion_size') many.
CREATE OR REPLACE TEMP TABLE shared AS
SELECT key_id, (sum(coalesce(said, 0)) OVER (ORDER BY key_id)) // getvariable('portion_size') AS portion
FROM concerned
  LEFT JOIN (SELECT key_id, count(*) AS said FROM observation SEMI JOIN concerned USING (key_id) GROUP BY key_id) USING (key_id);
