-- The MinHash bands of temp table `signature` (one row for each new document) as rows of table `document_band`.
CREATE OR REPLACE TEMP TABLE wanted_band AS
SELECT unnest(range(len(bands)))::UTINYINT AS band, unnest(bands) AS value, document_id FROM signature;
