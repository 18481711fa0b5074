-- Set the stored tables aside and put empty temporary ones of the same name before them: what derives and writes
-- policy and changes now works on those, and the stored ones stay as they are.
CREATE OR REPLACE TEMP TABLE stored_policy AS FROM policy;
CREATE OR REPLACE TEMP TABLE stored_support AS FROM support;
CREATE OR REPLACE TEMP TABLE stored_change AS FROM change;
CREATE TEMP TABLE policy AS FROM stored_policy LIMIT 0;
CREATE TEMP TABLE support AS FROM stored_support LIMIT 0;
CREATE TEMP TABLE change AS FROM stored_change LIMIT 0;
