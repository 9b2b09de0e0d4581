CREATE TABLE scim_connection (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    source TEXT REFERENCES source (name),
    is_strict BOOLEAN NOT NULL,
    seen_at TIMESTAMP,
    alarmed_at TIMESTAMP,
    revoked_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX scim_connection_name_key ON scim_connection (name);

CREATE TABLE scim_token (
    id TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES scim_connection (id),
    hash BYTEA NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    created_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP,
    revoked_at TIMESTAMP
);
CREATE UNIQUE INDEX scim_token_hash_key ON scim_token (hash);
CREATE INDEX scim_token_connection_idx ON scim_token (connection_id, id);

CREATE TABLE scim_user (
    id TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES scim_connection (id),
    -- What is looked for, taken from the attributes; names are folded to small letters.
    user_name_folded TEXT NOT NULL,
    external_id TEXT,
    employee_number TEXT,
    is_active BOOLEAN NOT NULL,
    attributes TEXT NOT NULL,
    person_id TEXT REFERENCES person (id),
    fills_name BOOLEAN NOT NULL,
    fills_email BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX scim_user_name_key ON scim_user (connection_id, user_name_folded);
CREATE INDEX scim_user_external_idx ON scim_user (external_id);
CREATE INDEX scim_user_employee_idx ON scim_user (employee_number);
CREATE INDEX scim_user_person_idx ON scim_user (person_id);
CREATE INDEX scim_user_list_idx ON scim_user (connection_id, id);

CREATE TABLE scim_user_email (
    user_id TEXT NOT NULL REFERENCES scim_user (id),
    address_folded TEXT NOT NULL,
    PRIMARY KEY (user_id, address_folded)
);
CREATE INDEX scim_user_email_address_idx ON scim_user_email (address_folded);

-- Accounts come and go; what is known about them stays, so these do not refer to them.
CREATE TABLE account_signal (
    id TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES scim_connection (id),
    user_id TEXT NOT NULL,
    person_id TEXT REFERENCES person (id),
    kind TEXT NOT NULL,
    at TIMESTAMP NOT NULL
);
CREATE INDEX account_signal_user_idx ON account_signal (user_id, id);
CREATE TRIGGER account_signal_append_only BEFORE UPDATE OR DELETE ON account_signal FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER account_signal_no_truncate BEFORE TRUNCATE ON account_signal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE account_review (
    id TEXT NOT NULL PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES scim_connection (id),
    user_id TEXT NOT NULL,
    person_id TEXT REFERENCES person (id),
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    due_at TIMESTAMP NOT NULL,
    employment_id TEXT REFERENCES employment (id),
    resolution TEXT,
    closed_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX account_review_pending_key ON account_review (user_id) WHERE state IN ('waiting', 'open');
CREATE INDEX account_review_due_idx ON account_review (due_at) WHERE state IN ('waiting', 'open');
CREATE INDEX account_review_state_idx ON account_review (state, id);
CREATE INDEX account_review_person_idx ON account_review (person_id);

-- An account is tied to a person by address where no id does.
CREATE INDEX person_email_folded_idx ON person (lower(email));
