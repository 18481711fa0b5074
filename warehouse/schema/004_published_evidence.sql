-- The published file keeps the evidence of today's rules once, in `support`.
COMMENT ON COLUMN policy.evidence_ids IS 'Up to five observations that supported it when the row was written, best first. Empty in the published file while it is believed: the current list stands in support.';
