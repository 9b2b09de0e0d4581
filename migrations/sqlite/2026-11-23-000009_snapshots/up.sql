ALTER TABLE source ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'Europe/Stockholm';
ALTER TABLE source ADD COLUMN ordering TEXT NOT NULL DEFAULT 'sequence';
ALTER TABLE source ADD COLUMN open_end_dates TEXT NOT NULL DEFAULT '2099-12-31,9999-12-31';
ALTER TABLE source ADD COLUMN max_row_drop_percent INTEGER NOT NULL DEFAULT 5;
ALTER TABLE source ADD COLUMN max_row_drop INTEGER NOT NULL DEFAULT 20;
ALTER TABLE source ADD COLUMN max_new_ends_percent INTEGER NOT NULL DEFAULT 1;
ALTER TABLE source ADD COLUMN max_new_ends INTEGER NOT NULL DEFAULT 20;

CREATE TABLE snapshot (
    id TEXT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL REFERENCES source (name),
    name TEXT NOT NULL,
    as_of TIMESTAMP NOT NULL,
    complete BOOLEAN NOT NULL,
    body_hash BLOB NOT NULL,
    state TEXT NOT NULL,
    hold_reasons TEXT NOT NULL,
    sequence BIGINT,
    counts TEXT NOT NULL,
    decision_reason TEXT,
    finished_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX snapshot_name_key ON snapshot (source, name);
-- One at a time: the documents of two snapshots never mix.
CREATE UNIQUE INDEX snapshot_applying_key ON snapshot (source) WHERE state = 'applying';
CREATE INDEX snapshot_source_idx ON snapshot (source, id);
CREATE INDEX snapshot_sequence_idx ON snapshot (source, sequence);

-- Rows that wait to be applied, under the id that their snapshot has or will have. They come before it, some at a time,
-- so no key holds them together; each goes in the transaction that applies it.
CREATE TABLE snapshot_row (
    snapshot_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    external_id TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    end_on DATE,
    is_void BOOLEAN NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (snapshot_id, position)
);

-- Employments that a complete snapshot left out although they go on. It ends nothing.
CREATE TABLE missing_employment (
    employment_id TEXT NOT NULL PRIMARY KEY REFERENCES employment (id),
    source TEXT NOT NULL REFERENCES source (name),
    external_id TEXT NOT NULL,
    since TIMESTAMP NOT NULL,
    snapshots INTEGER NOT NULL
);
CREATE INDEX missing_employment_source_idx ON missing_employment (source, employment_id);

CREATE TABLE unmatched (
    id TEXT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL REFERENCES source (name),
    external_id TEXT NOT NULL,
    snapshot TEXT,
    reason TEXT NOT NULL,
    document TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    resolution TEXT,
    note TEXT,
    resolved_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
-- However often it is delivered, it waits once.
CREATE UNIQUE INDEX unmatched_waiting_key ON unmatched (source, external_id, content_hash, reason)
    WHERE resolved_at IS NULL;
CREATE INDEX unmatched_source_idx ON unmatched (source, id);
CREATE INDEX unmatched_open_idx ON unmatched (source, id) WHERE resolved_at IS NULL;
