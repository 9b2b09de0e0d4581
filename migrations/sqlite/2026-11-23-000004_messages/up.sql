CREATE TABLE message (
    id TEXT NOT NULL PRIMARY KEY,
    termination_id TEXT NOT NULL REFERENCES termination (id),
    step TEXT NOT NULL,
    recipient_role TEXT NOT NULL,
    copy_roles TEXT NOT NULL,
    state TEXT NOT NULL,
    state_reason TEXT,
    due_at TIMESTAMP NOT NULL,
    recipient_id TEXT REFERENCES person (id),
    language TEXT,
    subject TEXT,
    sealed_kid TEXT,
    sealed BLOB,
    queued_at TIMESTAMP,
    sent_at TIMESTAMP,
    server_reply TEXT,
    planned_from DATE,
    -- The message in whose mail this one is told: a digest is the mail of one message that carries others.
    carried_by TEXT REFERENCES message (id),
    copy_of TEXT REFERENCES message (id),
    deferred_since TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX message_step_active_key ON message (termination_id, step, recipient_role)
    WHERE state IN ('planned', 'queued');
CREATE INDEX message_due_idx ON message (due_at, id) WHERE state = 'planned';
CREATE INDEX message_state_idx ON message (state, id);
CREATE INDEX message_termination_idx ON message (termination_id, id);
CREATE INDEX message_carried_idx ON message (carried_by) WHERE carried_by IS NOT NULL;
CREATE INDEX message_deferred_idx ON message (deferred_since) WHERE deferred_since IS NOT NULL;

-- Every try to hand a message over, and every report that it came back.
CREATE TABLE message_delivery (
    id TEXT NOT NULL PRIMARY KEY,
    message_id TEXT NOT NULL REFERENCES message (id),
    at TIMESTAMP NOT NULL,
    outcome TEXT NOT NULL,
    reply TEXT
);
CREATE INDEX message_delivery_message_idx ON message_delivery (message_id, id);

-- The mail that somebody is written to on a day. Its key is the limit: one mail for each reader and day.
CREATE TABLE mail_day (
    -- The person's id, or "desk".
    reader TEXT NOT NULL,
    day DATE NOT NULL,
    message_id TEXT NOT NULL REFERENCES message (id),
    PRIMARY KEY (reader, day)
);
CREATE INDEX mail_day_message_idx ON mail_day (message_id);
CREATE INDEX mail_day_day_idx ON mail_day (day);

-- The address of a person that mail does not reach. It counts for as long as the person has that address.
CREATE TABLE unreachable_address (
    person_id TEXT NOT NULL PRIMARY KEY REFERENCES person (id),
    email TEXT NOT NULL,
    since TIMESTAMP NOT NULL
);

CREATE TABLE action_link (
    id TEXT NOT NULL PRIMARY KEY,
    termination_id TEXT NOT NULL REFERENCES termination (id),
    purpose TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES person (id),
    message_id TEXT NOT NULL REFERENCES message (id),
    token_hash BLOB NOT NULL,
    issued_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP,
    answer TEXT,
    answer_hash BLOB,
    revoked_at TIMESTAMP,
    revoke_reason TEXT,
    undo TEXT,
    undone_at TIMESTAMP
);
CREATE UNIQUE INDEX action_link_token_hash_key ON action_link (token_hash);
CREATE INDEX action_link_termination_idx ON action_link (termination_id, id);
CREATE INDEX action_link_live_idx ON action_link (person_id) WHERE used_at IS NULL AND revoked_at IS NULL;
CREATE INDEX action_link_undo_idx ON action_link (used_at) WHERE undo IS NOT NULL;
