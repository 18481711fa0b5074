-- Let go of the derivation's steps: together they take more room than the statements they were made of, and the next
-- load in this session would make its own beside them.
DROP VIEW IF EXISTS temp.remark;
DROP VIEW IF EXISTS temp.dated;
DROP VIEW IF EXISTS temp.discounted;
DROP TABLE IF EXISTS temp.concerned;
DROP TABLE IF EXISTS temp.shared;
DROP TABLE IF EXISTS temp.line;
DROP TABLE IF EXISTS temp.fallen;
DROP TABLE IF EXISTS temp.active;
DROP TABLE IF EXISTS temp.voided;
DROP TABLE IF EXISTS temp.redated;
DROP TABLE IF EXISTS temp.claim;
DROP TABLE IF EXISTS temp.undated;
DROP TABLE IF EXISTS temp.heralding;
DROP TABLE IF EXISTS temp.heard;
DROP TABLE IF EXISTS temp.starter;
DROP TABLE IF EXISTS temp.decision;
DROP TABLE IF EXISTS temp.rule;
DROP TABLE IF EXISTS temp.segment;
DROP TABLE IF EXISTS temp.island;
DROP TABLE IF EXISTS temp.backing;
DROP TABLE IF EXISTS temp.derived;
