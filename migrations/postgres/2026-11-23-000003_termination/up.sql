-- Rows that are changed often find room for their next version on the same page, and their indexes stay as they are.
CREATE TABLE termination (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    employment_id TEXT NOT NULL REFERENCES employment (id),
    person_id TEXT NOT NULL REFERENCES person (id),
    unit_id TEXT NOT NULL REFERENCES unit (id),
    legal_entity_id TEXT NOT NULL REFERENCES legal_entity (id),
    end_on DATE NOT NULL,
    return_by DATE NOT NULL,
    hold TEXT,
    released TEXT,
    completed_at TIMESTAMP,
    cancelled TEXT,
    reopened TEXT,
    is_contradicted BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX termination_number_key ON termination (number);
CREATE UNIQUE INDEX termination_employment_active_key ON termination (employment_id)
    WHERE state IN ('scheduled', 'open');
CREATE INDEX termination_employment_idx ON termination (employment_id, id);
CREATE INDEX termination_state_idx ON termination (state, id);
CREATE INDEX termination_person_idx ON termination (person_id, id);

-- Rows that are changed often find room for their next version on the same page, and their indexes stay as they are.
CREATE TABLE termination_item (
    id TEXT NOT NULL PRIMARY KEY,
    termination_id TEXT NOT NULL REFERENCES termination (id),
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    assignment_id TEXT NOT NULL REFERENCES assignment (id),
    device_id TEXT REFERENCES device (id),
    subscription_id TEXT REFERENCES subscription (id),
    custody_epoch BIGINT NOT NULL,
    data_class TEXT NOT NULL,
    required_wipe_level TEXT NOT NULL,
    outcome TEXT,
    is_identity_confirmed BOOLEAN NOT NULL,
    number_decision TEXT,
    wipe_state TEXT NOT NULL,
    wipe_level TEXT NOT NULL,
    is_wipe_contradicted BOOLEAN NOT NULL,
    wipe_due_at TIMESTAMP,
    contradiction TEXT,
    checks TEXT NOT NULL,
    code_answers TEXT NOT NULL,
    is_return_settled BOOLEAN NOT NULL,
    is_to_be_transferred BOOLEAN NOT NULL,
    awaits_mdm BOOLEAN NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX termination_item_wipe_due_idx ON termination_item (wipe_due_at, id) WHERE wipe_due_at IS NOT NULL;
CREATE UNIQUE INDEX termination_item_assignment_key ON termination_item (termination_id, assignment_id);
CREATE INDEX termination_item_device_idx ON termination_item (device_id, custody_epoch);

CREATE TABLE data_key (
    id TEXT NOT NULL PRIMARY KEY,
    termination_id TEXT NOT NULL REFERENCES termination (id),
    kid TEXT NOT NULL,
    wrapped BYTEA,
    created_at TIMESTAMP NOT NULL,
    destroyed_at TIMESTAMP,
    UNIQUE (id, termination_id)
);
CREATE UNIQUE INDEX data_key_termination_active_key ON data_key (termination_id) WHERE destroyed_at IS NULL;

CREATE TABLE code (
    id TEXT NOT NULL PRIMARY KEY,
    termination_id TEXT NOT NULL REFERENCES termination (id),
    item_id TEXT NOT NULL REFERENCES termination_item (id),
    kind TEXT NOT NULL,
    data_key_id TEXT NOT NULL,
    sealed BYTEA,
    reveals_left INTEGER NOT NULL CHECK (reveals_left >= 0),
    created_at TIMESTAMP NOT NULL,
    revealed_at TIMESTAMP,
    destroyed_at TIMESTAMP,
    FOREIGN KEY (data_key_id, termination_id) REFERENCES data_key (id, termination_id)
);
CREATE UNIQUE INDEX code_item_active_key ON code (item_id, kind) WHERE destroyed_at IS NULL;
CREATE INDEX code_termination_idx ON code (termination_id, id);

CREATE TABLE mdm_report (
    reporter TEXT NOT NULL,
    event_id TEXT NOT NULL,
    body_hash BYTEA NOT NULL,
    evidence_id TEXT NOT NULL,
    received_at TIMESTAMP NOT NULL,
    PRIMARY KEY (reporter, event_id)
);

CREATE TABLE evidence (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    reporter TEXT NOT NULL,
    matched TEXT NOT NULL,
    match_reason TEXT,
    device_id TEXT REFERENCES device (id),
    custody_epoch BIGINT,
    item_id TEXT REFERENCES termination_item (id),
    scope TEXT,
    enrolment TEXT,
    command_ref TEXT,
    claimed_at TIMESTAMP,
    received_at TIMESTAMP NOT NULL,
    details TEXT NOT NULL
);
CREATE INDEX evidence_device_idx ON evidence (device_id, custody_epoch, id);
CREATE INDEX evidence_item_idx ON evidence (item_id, id);
CREATE INDEX evidence_matched_idx ON evidence (matched, id);
