-- Tables. No primary keys and no indexes: ids are content hashes, kept apart by ANTI JOIN at load
-- (a primary key doubles the file and is several times slower, and indexes can lose rows after a crash).
-- Times are UTC TIMESTAMPs; intervals are half-open; an open end is 9999-12-31.

CREATE TYPE policy_action AS ENUM ('allow', 'restrict', 'block');
CREATE TYPE policy_stage AS ENUM ('decided', 'trial', 'proposed');
CREATE TYPE document_kind AS ENUM ('news', 'notice');
CREATE TYPE date_precision AS ENUM ('day', 'month', 'year', 'by');
CREATE TYPE said_relation AS ENUM ('states', 'reschedules', 'cancels', 'corrects');

CREATE MACRO key_of(platform, surface, target, region) AS
  md5_number_lower(concat_ws('|', platform, surface, target, coalesce(region, '')));
COMMENT ON MACRO key_of IS 'Hash of platform, surface, target and region, by which observations, policy and changes are joined.';

-- Append-only layer ------------------------------------------------------------------------------

CREATE TABLE run (
  run_id VARCHAR NOT NULL,
  number UINTEGER NOT NULL,
  known_at TIMESTAMP NOT NULL,
  cause VARCHAR NOT NULL,
  extractor_version VARCHAR NOT NULL,
  sources UINTEGER NOT NULL,
  snapshots UINTEGER NOT NULL,
  documents UINTEGER NOT NULL,
  observations UINTEGER NOT NULL,
  withdrawn UINTEGER NOT NULL,
  changes UINTEGER NOT NULL,
  alerts UINTEGER NOT NULL,
  chain VARCHAR NOT NULL
);
COMMENT ON TABLE run IS 'Ledger: one row for each load, written in the same transaction as everything it loaded.';
COMMENT ON COLUMN run.run_id IS 'Name of the load, given by the caller; a known name is not loaded again.';
COMMENT ON COLUMN run.number IS 'Place in the order of loads, from 1.';
COMMENT ON COLUMN run.known_at IS 'When its contents became known here (UTC); strictly increasing with number.';
COMMENT ON COLUMN run.cause IS 'crawl, ingest, technical (same documents read by newer rules) or verdict (a reviewer).';
COMMENT ON COLUMN run.extractor_version IS 'Version of rules and weights that read the documents.';
COMMENT ON COLUMN run.sources IS 'Number of source runs reported.';
COMMENT ON COLUMN run.snapshots IS 'Number of snapshots recorded.';
COMMENT ON COLUMN run.documents IS 'Number of documents not seen before.';
COMMENT ON COLUMN run.observations IS 'Number of observations not seen before.';
COMMENT ON COLUMN run.withdrawn IS 'Number of observations that ceased to stand (re-reading or verdict).';
COMMENT ON COLUMN run.changes IS 'Number of policy changes found.';
COMMENT ON COLUMN run.alerts IS 'Number of alert rows queued.';
COMMENT ON COLUMN run.chain IS 'Hash over this row and the chain of the run before; compared with the manifest outside the file.';

CREATE TABLE source_run (
  run_id VARCHAR NOT NULL,
  source_id VARCHAR NOT NULL,
  started_at TIMESTAMP NOT NULL,
  finished_at TIMESTAMP NOT NULL,
  status VARCHAR NOT NULL,
  requests UINTEGER NOT NULL,
  snapshots UINTEGER NOT NULL,
  unchanged UINTEGER NOT NULL,
  documents UINTEGER NOT NULL,
  facts UINTEGER NOT NULL,
  bytes UBIGINT NOT NULL,
  message VARCHAR NOT NULL
);
COMMENT ON TABLE source_run IS 'What one source did in one run, broken and quiet ones too.';
COMMENT ON COLUMN source_run.run_id IS 'Run it belongs to.';
COMMENT ON COLUMN source_run.source_id IS 'Id of the declared source.';
COMMENT ON COLUMN source_run.started_at IS 'Start of its crawl (UTC).';
COMMENT ON COLUMN source_run.finished_at IS 'End of its crawl (UTC).';
COMMENT ON COLUMN source_run.status IS 'ok, quiet (less than it declares), broken or skipped.';
COMMENT ON COLUMN source_run.requests IS 'Requests sent.';
COMMENT ON COLUMN source_run.snapshots IS 'Pages stored.';
COMMENT ON COLUMN source_run.unchanged IS 'Pages that had not changed.';
COMMENT ON COLUMN source_run.documents IS 'Documents read from its pages.';
COMMENT ON COLUMN source_run.facts IS 'Facts extracted from them.';
COMMENT ON COLUMN source_run.bytes IS 'Bytes received.';
COMMENT ON COLUMN source_run.message IS 'What went wrong, in one line; empty if nothing did.';

CREATE TABLE snapshot (
  run_id VARCHAR NOT NULL,
  source_id VARCHAR NOT NULL,
  url VARCHAR NOT NULL,
  fetched_at TIMESTAMP NOT NULL,
  status USMALLINT NOT NULL,
  content_type VARCHAR NOT NULL,
  digest VARCHAR NOT NULL,
  bytes UBIGINT NOT NULL,
  warc_file VARCHAR NOT NULL,
  warc_offset BIGINT NOT NULL
);
COMMENT ON TABLE snapshot IS 'One fetch that brought a new body, and where its bytes stand in the archive.';
COMMENT ON COLUMN snapshot.run_id IS 'Run that fetched it.';
COMMENT ON COLUMN snapshot.source_id IS 'Id of the declared source.';
COMMENT ON COLUMN snapshot.url IS 'Address of the page.';
COMMENT ON COLUMN snapshot.fetched_at IS 'Time of the fetch (UTC).';
COMMENT ON COLUMN snapshot.status IS 'HTTP status.';
COMMENT ON COLUMN snapshot.content_type IS 'Content type as served.';
COMMENT ON COLUMN snapshot.digest IS 'sha256 of the body.';
COMMENT ON COLUMN snapshot.bytes IS 'Length of the body.';
COMMENT ON COLUMN snapshot.warc_file IS 'WARC file, relative to the archive directory.';
COMMENT ON COLUMN snapshot.warc_offset IS 'Byte offset of the record in the WARC file.';

CREATE TABLE page (
  source_id VARCHAR NOT NULL,
  url VARCHAR NOT NULL,
  role VARCHAR NOT NULL,
  etag VARCHAR,
  last_modified VARCHAR,
  digest VARCHAR NOT NULL,
  first_seen TIMESTAMP NOT NULL,
  last_changed TIMESTAMP,
  last_fetched TIMESTAMP NOT NULL,
  next_due TIMESTAMP
);
COMMENT ON TABLE page IS 'What the next crawl needs to know of each page. Only the latest state is kept, so that a night without news adds no row.';
COMMENT ON COLUMN page.source_id IS 'Id of the declared source.';
COMMENT ON COLUMN page.url IS 'Address of the page, as it is asked for.';
COMMENT ON COLUMN page.role IS 'content, or what else the source uses it for (discovery).';
COMMENT ON COLUMN page.etag IS 'Validator for the next request.';
COMMENT ON COLUMN page.last_modified IS 'Validator for the next request.';
COMMENT ON COLUMN page.digest IS 'sha256 of the last body.';
COMMENT ON COLUMN page.first_seen IS 'First fetch (UTC).';
COMMENT ON COLUMN page.last_changed IS 'Last fetch that brought another body (UTC).';
COMMENT ON COLUMN page.last_fetched IS 'Last fetch (UTC).';
COMMENT ON COLUMN page.next_due IS 'When it should be asked for again (UTC).';

CREATE TABLE document (
  document_id UUID NOT NULL,
  content_id UUID NOT NULL,
  run_id VARCHAR NOT NULL,
  known_at TIMESTAMP NOT NULL,
  seen_at TIMESTAMP NOT NULL,
  source_id VARCHAR,
  url VARCHAR,
  lang VARCHAR NOT NULL,
  kind document_kind NOT NULL,
  platform VARCHAR,
  published DATE,
  published_inferred BOOLEAN NOT NULL,
  title VARCHAR NOT NULL,
  text VARCHAR,
  cluster_id UUID NOT NULL,
  facts_id UUID,
  digest VARCHAR,
  warc_file VARCHAR,
  warc_offset BIGINT
);
COMMENT ON TABLE document IS 'One version of one text, as the extractor was given it.';
COMMENT ON COLUMN document.document_id IS 'Hash of its content and address.';
COMMENT ON COLUMN document.content_id IS 'Same as document_id, except where a page went back to an earlier version: then that version.';
COMMENT ON COLUMN document.run_id IS 'Run that first brought it.';
COMMENT ON COLUMN document.known_at IS 'When it became known here (UTC).';
COMMENT ON COLUMN document.seen_at IS 'When it was fetched (UTC); known_at for a text given by hand.';
COMMENT ON COLUMN document.source_id IS 'Id of the declared source; NULL for a text given by hand.';
COMMENT ON COLUMN document.url IS 'Address of the page; NULL for a text given by hand.';
COMMENT ON COLUMN document.lang IS 'en or zh.';
COMMENT ON COLUMN document.kind IS 'notice (the platform''s own words) or news (anyone else).';
COMMENT ON COLUMN document.platform IS 'Platform whose own voice it is, if declared.';
COMMENT ON COLUMN document.published IS 'Day of publication, stated or inferred.';
COMMENT ON COLUMN document.published_inferred IS 'True if the day or its year was worked out from the text.';
COMMENT ON COLUMN document.title IS 'Headline, may be empty.';
COMMENT ON COLUMN document.text IS 'Plain text that evidence offsets count in; NULL if it states nothing of interest.';
COMMENT ON COLUMN document.cluster_id IS 'First document that it is a near-duplicate of; its own id if none. A cluster counts as one witness.';
COMMENT ON COLUMN document.facts_id IS 'Hash of what it states, by which translations of one notice are found; NULL if nothing.';
COMMENT ON COLUMN document.digest IS 'Digest of the snapshot it was read from.';
COMMENT ON COLUMN document.warc_file IS 'WARC file of that snapshot.';
COMMENT ON COLUMN document.warc_offset IS 'Byte offset in that file.';

CREATE TABLE document_band (band UTINYINT NOT NULL, value UBIGINT NOT NULL, document_id UUID NOT NULL);
COMMENT ON TABLE document_band IS 'MinHash bands of the documents that state something: equal bands make two documents candidates for one cluster.';
COMMENT ON COLUMN document_band.band IS 'Number of the band.';
COMMENT ON COLUMN document_band.value IS 'Hash of the signature''s rows in this band.';
COMMENT ON COLUMN document_band.document_id IS 'Document.';

CREATE TABLE reading (
  document_id UUID NOT NULL, extractor_version VARCHAR NOT NULL, run_id VARCHAR NOT NULL, known_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE reading IS 'Which version of the extractor has read which document, when.';
COMMENT ON COLUMN reading.document_id IS 'Document.';
COMMENT ON COLUMN reading.extractor_version IS 'Version of rules and weights.';
COMMENT ON COLUMN reading.run_id IS 'Run of the reading.';
COMMENT ON COLUMN reading.known_at IS 'When its result became known here (UTC).';

CREATE TABLE observation (
  observation_id UUID NOT NULL,
  run_id VARCHAR NOT NULL,
  known_at TIMESTAMP NOT NULL,
  document_id UUID NOT NULL,
  cluster_id UUID NOT NULL,
  page_id UBIGINT,
  source_id VARCHAR,
  kind document_kind NOT NULL,
  said_on DATE NOT NULL,
  published_inferred BOOLEAN NOT NULL,
  key_id UBIGINT NOT NULL,
  platform VARCHAR NOT NULL,
  surface VARCHAR NOT NULL,
  target VARCHAR NOT NULL,
  region VARCHAR,
  action policy_action NOT NULL,
  stage policy_stage NOT NULL,
  effective_from DATE,
  from_precision date_precision,
  effective_to DATE,
  to_precision date_precision,
  relation said_relation NOT NULL,
  evidence VARCHAR NOT NULL,
  evidence_start UINTEGER NOT NULL,
  evidence_end UINTEGER NOT NULL,
  rules VARCHAR[] NOT NULL,
  confidence DOUBLE NOT NULL,
  extractor_version VARCHAR NOT NULL,
  verdict_id UUID
);
COMMENT ON TABLE observation IS 'A fact as it was read in one document. Never updated, never deleted.';
COMMENT ON COLUMN observation.observation_id IS 'Hash of document, values and evidence position.';
COMMENT ON COLUMN observation.run_id IS 'Run that first brought it.';
COMMENT ON COLUMN observation.known_at IS 'When it became known here (UTC).';
COMMENT ON COLUMN observation.document_id IS 'Document that states it.';
COMMENT ON COLUMN observation.cluster_id IS 'Cluster of the document: reprints are one witness.';
COMMENT ON COLUMN observation.page_id IS 'Hash of the page''s address, to tell versions of one page; NULL without address.';
COMMENT ON COLUMN observation.source_id IS 'Declared source of the document.';
COMMENT ON COLUMN observation.kind IS 'notice or news.';
COMMENT ON COLUMN observation.said_on IS 'Day on which the document says so: publication, else the day inferred, else the day seen.';
COMMENT ON COLUMN observation.published_inferred IS 'True if said_on is not a stated publication day.';
COMMENT ON COLUMN observation.key_id IS 'Hash of platform, surface, target and region.';
COMMENT ON COLUMN observation.platform IS 'Platform whose surface carries or refuses the links.';
COMMENT ON COLUMN observation.surface IS 'Where on the platform; all if no place is named.';
COMMENT ON COLUMN observation.target IS 'Service or category that is linked to.';
COMMENT ON COLUMN observation.region IS 'Country, EU or EEA to which the fact is limited; NULL is everywhere or not said.';
COMMENT ON COLUMN observation.action IS 'allow, restrict or block.';
COMMENT ON COLUMN observation.stage IS 'decided, trial or proposed.';
COMMENT ON COLUMN observation.effective_from IS 'First day of the stated start; NULL if the text gives none.';
COMMENT ON COLUMN observation.from_precision IS 'Precision of the stated start: day, month or year.';
COMMENT ON COLUMN observation.effective_to IS 'Last day of the stated end (inclusive); NULL if the text gives none.';
COMMENT ON COLUMN observation.to_precision IS 'Precision of the stated end.';
COMMENT ON COLUMN observation.relation IS 'states; or reschedules, cancels, corrects what was said before.';
COMMENT ON COLUMN observation.evidence IS 'Exact words of the document.';
COMMENT ON COLUMN observation.evidence_start IS 'Offset of the first character of the evidence in the text.';
COMMENT ON COLUMN observation.evidence_end IS 'Offset after the last character.';
COMMENT ON COLUMN observation.rules IS 'Ids of the rules that made the fact.';
COMMENT ON COLUMN observation.confidence IS 'Estimated probability in [0, 1] that the reading is right.';
COMMENT ON COLUMN observation.extractor_version IS 'Version of the extractor that first gave it.';
COMMENT ON COLUMN observation.verdict_id IS 'Verdict that wrote it, if a reviewer corrected the reading; else NULL.';

CREATE TABLE standing (
  observation_id UUID NOT NULL, run_id VARCHAR NOT NULL, known_at TIMESTAMP NOT NULL,
  stands BOOLEAN NOT NULL, because VARCHAR NOT NULL
);
COMMENT ON TABLE standing IS 'Events that take an observation out or bring it back. It counts unless its latest reading or its latest verdict says otherwise.';
COMMENT ON COLUMN standing.observation_id IS 'Observation.';
COMMENT ON COLUMN standing.run_id IS 'Run of the event.';
COMMENT ON COLUMN standing.known_at IS 'When it became known here (UTC).';
COMMENT ON COLUMN standing.stands IS 'False takes it out, true brings it back.';
COMMENT ON COLUMN standing.because IS 'reading (newer rules no longer give it) or verdict (a reviewer).';

CREATE TABLE missed (
  document_id UUID NOT NULL, run_id VARCHAR NOT NULL, start_offset UINTEGER NOT NULL, end_offset UINTEGER NOT NULL,
  reason VARCHAR NOT NULL, score DOUBLE NOT NULL
);
COMMENT ON TABLE missed IS 'Passages that look like a policy statement but gave no fact; for review.';
COMMENT ON COLUMN missed.document_id IS 'Document.';
COMMENT ON COLUMN missed.run_id IS 'Run of the reading.';
COMMENT ON COLUMN missed.start_offset IS 'Offset of the first character.';
COMMENT ON COLUMN missed.end_offset IS 'Offset after the last character.';
COMMENT ON COLUMN missed.reason IS 'Which stage dropped it.';
COMMENT ON COLUMN missed.score IS 'The scorer''s probability in [0, 1].';

CREATE TABLE verdict (
  verdict_id UUID NOT NULL,
  run_id VARCHAR NOT NULL,
  known_at TIMESTAMP NOT NULL,
  decided_at TIMESTAMP NOT NULL,
  reviewer VARCHAR NOT NULL,
  reason VARCHAR NOT NULL,
  decision VARCHAR NOT NULL,
  document_id UUID NOT NULL,
  evidence VARCHAR NOT NULL,
  evidence_start UINTEGER NOT NULL,
  evidence_end UINTEGER NOT NULL,
  key_id UBIGINT NOT NULL,
  platform VARCHAR NOT NULL,
  surface VARCHAR NOT NULL,
  target VARCHAR NOT NULL,
  region VARCHAR,
  action policy_action NOT NULL,
  stage policy_stage NOT NULL,
  effective_from DATE,
  from_precision date_precision,
  effective_to DATE,
  to_precision date_precision
);
COMMENT ON TABLE verdict IS 'A reviewer''s word on a reading: keyed by the words and values, so that it outlives re-extraction.';
COMMENT ON COLUMN verdict.verdict_id IS 'Hash of the verdict.';
COMMENT ON COLUMN verdict.run_id IS 'Run that loaded it.';
COMMENT ON COLUMN verdict.known_at IS 'When it became known here (UTC).';
COMMENT ON COLUMN verdict.decided_at IS 'When the reviewer decided (UTC).';
COMMENT ON COLUMN verdict.reviewer IS 'Who decided.';
COMMENT ON COLUMN verdict.reason IS 'Why.';
COMMENT ON COLUMN verdict.decision IS 'accept, reject or correct; the latest one holds.';
COMMENT ON COLUMN verdict.document_id IS 'Document that was judged.';
COMMENT ON COLUMN verdict.evidence IS 'Words that were judged.';
COMMENT ON COLUMN verdict.evidence_start IS 'Offset of the first character.';
COMMENT ON COLUMN verdict.evidence_end IS 'Offset after the last character.';
COMMENT ON COLUMN verdict.key_id IS 'Hash of the platform, surface, target and region that was read.';
COMMENT ON COLUMN verdict.platform IS 'Platform that was read.';
COMMENT ON COLUMN verdict.surface IS 'Surface that was read.';
COMMENT ON COLUMN verdict.target IS 'Target that was read.';
COMMENT ON COLUMN verdict.region IS 'Region that was read.';
COMMENT ON COLUMN verdict.action IS 'Action that was read.';
COMMENT ON COLUMN verdict.stage IS 'Stage that was read.';
COMMENT ON COLUMN verdict.effective_from IS 'Start that was read.';
COMMENT ON COLUMN verdict.from_precision IS 'Precision of the start that was read.';
COMMENT ON COLUMN verdict.effective_to IS 'End that was read.';
COMMENT ON COLUMN verdict.to_precision IS 'Precision of the end that was read.';

-- Reference data ---------------------------------------------------------------------------------

CREATE TABLE scope (dimension VARCHAR NOT NULL, member VARCHAR NOT NULL, scope VARCHAR NOT NULL, distance UTINYINT NOT NULL);
COMMENT ON TABLE scope IS 'Which general rule covers which special case: taobao is ecommerce is external; every surface is in all; FR is in EU. Replaced whole from data at each opening.';
COMMENT ON COLUMN scope.dimension IS 'target, surface or region.';
COMMENT ON COLUMN scope.member IS 'What is asked for.';
COMMENT ON COLUMN scope.scope IS 'What a rule may be stated for and still cover it; itself at distance 0.';
COMMENT ON COLUMN scope.distance IS 'Steps between them: the nearest rule answers.';

-- Derived layer ----------------------------------------------------------------------------------

CREATE TABLE policy (
  key_id UBIGINT NOT NULL,
  platform VARCHAR NOT NULL,
  surface VARCHAR NOT NULL,
  target VARCHAR NOT NULL,
  region VARCHAR,
  stage policy_stage NOT NULL,
  action policy_action NOT NULL,
  valid_from DATE NOT NULL,
  from_precision date_precision NOT NULL,
  valid_to DATE NOT NULL,
  to_precision date_precision,
  authority document_kind NOT NULL,
  contested BOOLEAN NOT NULL,
  resumed BOOLEAN NOT NULL,
  own_end BOOLEAN NOT NULL,
  cause_id UUID NOT NULL,
  evidence_ids UUID[] NOT NULL,
  known_from TIMESTAMP NOT NULL,
  known_to TIMESTAMP NOT NULL,
  run_id VARCHAR NOT NULL
);
COMMENT ON TABLE policy IS 'What held when (valid time), and when that was believed here (known time). Derived from the observations; a row is closed, never changed.';
COMMENT ON COLUMN policy.key_id IS 'Hash of platform, surface, target and region.';
COMMENT ON COLUMN policy.platform IS 'Platform whose surface carries or refuses the links.';
COMMENT ON COLUMN policy.surface IS 'Where on the platform; all if the rule names no place.';
COMMENT ON COLUMN policy.target IS 'Service or category that is linked to.';
COMMENT ON COLUMN policy.region IS 'Country, EU or EEA to which the rule is limited; NULL if it is not.';
COMMENT ON COLUMN policy.stage IS 'decided; trial and proposed rules stand beside, never mixed in.';
COMMENT ON COLUMN policy.action IS 'allow, restrict or block.';
COMMENT ON COLUMN policy.valid_from IS 'First day on which it holds; the first day of the month or year if no day is known.';
COMMENT ON COLUMN policy.from_precision IS 'day, month, year; or by: no start was stated, it held on this day at the latest.';
COMMENT ON COLUMN policy.valid_to IS 'First day on which it no longer holds; 9999-12-31 if no end is known.';
COMMENT ON COLUMN policy.to_precision IS 'Precision of valid_to; NULL if open.';
COMMENT ON COLUMN policy.authority IS 'notice if the platform itself says so, else news.';
COMMENT ON COLUMN policy.contested IS 'True if another statement contradicts it for the same start and lost by precedence.';
COMMENT ON COLUMN policy.resumed IS 'True if an older rule holds again because a temporary one ended.';
COMMENT ON COLUMN policy.own_end IS 'True if the end was stated, false if a later rule replaced it.';
COMMENT ON COLUMN policy.cause_id IS 'Observation that decided this row.';
COMMENT ON COLUMN policy.evidence_ids IS 'Up to five observations that supported it when the row was written, best first.';
COMMENT ON COLUMN policy.known_from IS 'Since when this was believed here (UTC).';
COMMENT ON COLUMN policy.known_to IS 'Until when; 9999-12-31 if it still is.';
COMMENT ON COLUMN policy.run_id IS 'Run that wrote it.';

CREATE TABLE support (
  key_id UBIGINT NOT NULL, stage policy_stage NOT NULL, action policy_action NOT NULL, valid_from DATE NOT NULL,
  witnesses UINTEGER NOT NULL, observations UINTEGER NOT NULL, first_said DATE NOT NULL, last_said DATE NOT NULL,
  evidence_ids UUID[] NOT NULL, against_ids UUID[] NOT NULL
);
COMMENT ON TABLE support IS 'How well each row of today''s policy is supported, all restatements counted. Derived, current only.';
COMMENT ON COLUMN support.key_id IS 'Key of the policy row.';
COMMENT ON COLUMN support.stage IS 'Stage of the policy row.';
COMMENT ON COLUMN support.action IS 'Action of the policy row.';
COMMENT ON COLUMN support.valid_from IS 'Start of the policy row.';
COMMENT ON COLUMN support.witnesses IS 'Number of independent witnesses (clusters of near-duplicate documents).';
COMMENT ON COLUMN support.observations IS 'Number of observations.';
COMMENT ON COLUMN support.first_said IS 'Day of the first statement.';
COMMENT ON COLUMN support.last_said IS 'Day of the latest statement.';
COMMENT ON COLUMN support.evidence_ids IS 'Up to five observations that support it, best first.';
COMMENT ON COLUMN support.against_ids IS 'Up to five observations that contradict it.';

CREATE TABLE change (
  change_id UUID NOT NULL,
  run_id VARCHAR NOT NULL,
  known_at TIMESTAMP NOT NULL,
  kind VARCHAR NOT NULL,
  effect VARCHAR NOT NULL,
  key_id UBIGINT NOT NULL,
  platform VARCHAR NOT NULL,
  surface VARCHAR NOT NULL,
  target VARCHAR NOT NULL,
  region VARCHAR,
  stage policy_stage NOT NULL,
  before_action policy_action,
  before_from DATE,
  before_from_precision date_precision,
  before_to DATE,
  before_to_precision date_precision,
  before_authority document_kind,
  after_action policy_action,
  after_from DATE,
  after_from_precision date_precision,
  after_to DATE,
  after_to_precision date_precision,
  after_authority document_kind,
  contested BOOLEAN NOT NULL,
  witnesses UINTEGER NOT NULL,
  evidence_ids UUID[] NOT NULL,
  follows UUID
);
COMMENT ON TABLE change IS 'What a run changed in the policy, one row for each event in the world, not for each row that moved.';
COMMENT ON COLUMN change.change_id IS 'Hash of run, key and what changed.';
COMMENT ON COLUMN change.run_id IS 'Run that found it.';
COMMENT ON COLUMN change.known_at IS 'When it became known here (UTC).';
COMMENT ON COLUMN change.kind IS 'new, reversed, rescheduled, ended, corrected, confirmed; technical if the cause is newer code.';
COMMENT ON COLUMN change.effect IS 'The same without technical: what kind of change it is in itself.';
COMMENT ON COLUMN change.key_id IS 'Hash of platform, surface, target and region.';
COMMENT ON COLUMN change.platform IS 'Platform.';
COMMENT ON COLUMN change.surface IS 'Surface.';
COMMENT ON COLUMN change.target IS 'Target.';
COMMENT ON COLUMN change.region IS 'Region, NULL if general.';
COMMENT ON COLUMN change.stage IS 'Stage of the rule.';
COMMENT ON COLUMN change.before_action IS 'What was believed before: action.';
COMMENT ON COLUMN change.before_from IS 'What was believed before: start.';
COMMENT ON COLUMN change.before_from_precision IS 'Precision of that start.';
COMMENT ON COLUMN change.before_to IS 'What was believed before: end (exclusive), 9999-12-31 if open.';
COMMENT ON COLUMN change.before_to_precision IS 'Precision of that end.';
COMMENT ON COLUMN change.before_authority IS 'Authority before.';
COMMENT ON COLUMN change.after_action IS 'What is believed now: action; NULL if nothing is.';
COMMENT ON COLUMN change.after_from IS 'What is believed now: start.';
COMMENT ON COLUMN change.after_from_precision IS 'Precision of that start.';
COMMENT ON COLUMN change.after_to IS 'What is believed now: end (exclusive), 9999-12-31 if open.';
COMMENT ON COLUMN change.after_to_precision IS 'Precision of that end.';
COMMENT ON COLUMN change.after_authority IS 'Authority now.';
COMMENT ON COLUMN change.contested IS 'True if other statements contradict what is believed now.';
COMMENT ON COLUMN change.witnesses IS 'Independent witnesses when the change was found.';
COMMENT ON COLUMN change.evidence_ids IS 'Observations that caused it, best first.';
COMMENT ON COLUMN change.follows IS 'Earlier change of the same rule, if there is one.';

CREATE TABLE alert (
  alert_id UUID NOT NULL,
  change_id UUID NOT NULL,
  run_id VARCHAR NOT NULL,
  channel VARCHAR NOT NULL,
  created_at TIMESTAMP NOT NULL,
  state VARCHAR NOT NULL,
  attempts UINTEGER NOT NULL,
  next_attempt_at TIMESTAMP NOT NULL,
  finished_at TIMESTAMP,
  last_error VARCHAR
);
COMMENT ON TABLE alert IS 'Outbox: exactly one row for each change and channel, written with the change.';
COMMENT ON COLUMN alert.alert_id IS 'Hash of change and channel: the idempotency key in every message.';
COMMENT ON COLUMN alert.change_id IS 'Change that it tells of.';
COMMENT ON COLUMN alert.run_id IS 'Run that queued it.';
COMMENT ON COLUMN alert.channel IS 'Name of the channel.';
COMMENT ON COLUMN alert.created_at IS 'When it was queued (UTC).';
COMMENT ON COLUMN alert.state IS 'pending, delivered or dead (given up).';
COMMENT ON COLUMN alert.attempts IS 'Attempts so far.';
COMMENT ON COLUMN alert.next_attempt_at IS 'Not to be tried before (UTC).';
COMMENT ON COLUMN alert.finished_at IS 'When it was delivered or given up (UTC).';
COMMENT ON COLUMN alert.last_error IS 'Why the last attempt failed.';
