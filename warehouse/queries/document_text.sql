SELECT text FROM document WHERE document_id::VARCHAR = $id;
