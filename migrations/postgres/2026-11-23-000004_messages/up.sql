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
    sealed BYTEA,
    queued_at TIMESTAMP,
    sent_at TIMESTAMP,
    server_reply TEXT,
    planned_from DATE,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX message_step_active_key ON message (termination_id, step, recipient_role)
    WHERE state IN ('planned', 'queued');
CREATE INDEX message_due_idx ON message (due_at, id) WHERE state = 'planned';
CREATE INDEX message_state_idx ON message (state, id);
CREATE INDEX message_termination_idx ON message (termination_id, id);

CREATE TABLE action_link (
    id TEXT NOT NULL PRIMARY KEY,
    termination_id TEXT NOT NULL REFERENCES termination (id),
    purpose TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES person (id),
    message_id TEXT NOT NULL REFERENCES message (id),
    token_hash BYTEA NOT NULL,
    issued_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP,
    answer TEXT,
    answer_hash BYTEA,
    revoked_at TIMESTAMP,
    revoke_reason TEXT,
    undo TEXT,
    undone_at TIMESTAMP
);
CREATE UNIQUE INDEX action_link_token_hash_key ON action_link (token_hash);
CREATE INDEX action_link_termination_idx ON action_link (termination_id, id);
CREATE INDEX action_link_live_idx ON action_link (person_id) WHERE used_at IS NULL AND revoked_at IS NULL;
CREATE INDEX action_link_undo_idx ON action_link (used_at) WHERE undo IS NOT NULL;
