DROP TABLE temp.policy;
DROP TABLE temp.support;
DROP TABLE temp.change;
DROP TABLE stored_policy;
DROP TABLE stored_support;
DROP TABLE stored_change;
