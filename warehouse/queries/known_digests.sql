SELECT DISTINCT digest FROM document WHERE digest IN (SELECT unnest($digests));
