-- Documents that stated nothing and were stored without text, in which newer rules find something (`completed`).
UPDATE document SET text = completed.text, cluster_id = completed.cluster_id
FROM completed WHERE document.document_id = completed.document_id;
