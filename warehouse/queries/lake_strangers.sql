-- Runs in the lake's schema that the published file does not know: those of another warehouse, or of a newer one.
SELECT count(*) FROM run_rows ANTI JOIN source.run USING (run_id);
