-- An alert tells of a change that is not there, or of a technical one
SELECT a.alert_id, a.change_id, a.channel FROM alert a LEFT JOIN change c USING (change_id)
WHERE c.change_id IS NULL OR c.kind = 'technical'
LIMIT 100;
