CREATE OR REPLACE TEMP TABLE touched AS SELECT key_id FROM shared WHERE portion = getvariable('portion');
