-- Synthetic history of getvariable('n') observations: getvariable('keys') keys, n/20 documents, three years of nights.
-- What a key says drifts slowly (about four rules in three years), news err in 12% of cases, 55% of the
-- statements carry a date, 5% an end.
CREATE OR REPLACE TEMP TABLE key_name AS
SELECT k, 'platform' || (k // 54) AS platform,
       (['all', 'profile', 'post', 'comments', 'message', 'story', 'ads', 'video', 'live'])[1 + (k // 6) % 9] AS surface,
       (['external', 'ecommerce', 'social', 'shorteners', 'affiliate', 'adult'])[1 + k % 6] AS target
FROM range(getvariable('keys')) t(k);

INSERT INTO document
SELECT md5('d' || d)::UUID, md5('d' || d)::UUID, 'n' || day, TIMESTAMP '2023-01-01' + to_days(day::INT), TIMESTAMP '2023-01-01' + to_days(day::INT),
       'source' || (hash(d) % 400), 'https://source' || (hash(d) % 400) || '.example/' || d, 'en',
       (CASE WHEN hash(d, 2) % 100 < 30 THEN 'notice' ELSE 'news' END)::document_kind, NULL,
       DATE '2023-01-01' + day::INT, false, 'Title ' || d, 'Links to this are handled in this way, says sentence ' || d, md5('d' || (d - d % 3))::UUID, NULL, 'sha256:' || d, 'a.warc', d
FROM (SELECT d, d * 1000 // (getvariable('n') // 20) AS day FROM range(getvariable('n') // 20) t(d));

INSERT INTO observation
WITH drawn AS (
  SELECT i, i // 20 AS d, hash(i) AS h, hash(i, 7) AS h2, hash(i, 11) AS h3,
         (i // 20) * 1000 // (getvariable('n') // 20) AS day,
         floor((SELECT count(*) FROM key_name) * pow((hash(i, 7) % 1000003) / 1000003.0, 1.7))::BIGINT AS k
  FROM range(getvariable('n')) t(i)
), told AS (
  SELECT *, DATE '2023-01-01' + day::INT AS said_on, (day + hash(k, 5) % 300) // 280 AS era,
         (hash(d, 2) % 100 < 30) AS notice
  FROM drawn
), dated AS (
  SELECT *, DATE '2023-01-01' + (era * 280)::INT - (hash(k, 5) % 300)::INT AS start,
         CASE WHEN NOT notice AND h3 % 100 < 12 THEN h3 % 3 ELSE hash(k, era) % 3 END AS choice
  FROM told
)
SELECT md5('o' || i)::UUID, 'n' || day, TIMESTAMP '2023-01-01' + to_days(day::INT), md5('d' || d)::UUID, md5('d' || (d - d % 3))::UUID,
       d, 'source' || (hash(d) % 400), (CASE WHEN notice THEN 'notice' ELSE 'news' END)::document_kind, said_on, false,
       key_of(key_name.platform, key_name.surface, key_name.target, NULL), key_name.platform, key_name.surface, key_name.target, NULL,
       (['allow', 'restrict', 'block'])[(1 + choice)::BIGINT]::policy_action, 'decided',
       CASE WHEN h % 100 < 55 THEN start END, CASE WHEN h % 100 < 55 THEN 'day' END::date_precision,
       CASE WHEN h % 100 < 5 THEN start + 60 END, CASE WHEN h % 100 < 5 THEN 'day' END::date_precision, 'states',
       'Links to this are handled in this way, says sentence ' || d,
       0, length('Links to this are handled in this way, says sentence ' || d), ['rule'], 0.5 + (h % 50) / 100.0, 'v1', NULL
FROM dated JOIN key_name USING (k)
ORDER BY i;

INSERT INTO run
SELECT 'n' || day, day + 1, TIMESTAMP '2023-01-01' + to_days(day::INT), 'crawl', 'v1', 0, 0, 0, 0, 0, 0, 0, md5(day::VARCHAR)
FROM range(1000) t(day);
