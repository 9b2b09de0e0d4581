CREATE TABLE instance_setting (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE key_check (
    kid TEXT NOT NULL PRIMARY KEY,
    sealed BYTEA NOT NULL
);

CREATE TABLE service_account (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    secret_hash BYTEA,
    issuer TEXT,
    external_client_id TEXT,
    external_subject TEXT,
    scopes TEXT NOT NULL,
    revoked_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    -- A secret of ours or a client of another issuer, never both.
    CHECK ((secret_hash IS NULL) = (issuer IS NOT NULL)),
    CHECK ((issuer IS NULL) = (external_client_id IS NULL)),
    CHECK ((issuer IS NULL) = (external_subject IS NULL))
);
CREATE UNIQUE INDEX service_account_name_key ON service_account (name);
CREATE UNIQUE INDEX service_account_client_active_key ON service_account (issuer, external_client_id)
    WHERE revoked_at IS NULL;

CREATE TABLE job (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    args TEXT NOT NULL,
    dedupe_key TEXT,
    state TEXT NOT NULL,
    priority INTEGER NOT NULL,
    run_at TIMESTAMP NOT NULL,
    attempt INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    crash_count INTEGER NOT NULL,
    lease_token BIGINT NOT NULL,
    lease_owner TEXT,
    lease_until TIMESTAMP,
    last_error TEXT,
    created_at TIMESTAMP NOT NULL,
    started_at TIMESTAMP,
    finished_at TIMESTAMP
);
CREATE UNIQUE INDEX job_dedupe_active_key ON job (kind, dedupe_key)
    WHERE dedupe_key IS NOT NULL AND state IN ('ready', 'running', 'retry');
-- Every index is partial: with one on (state, id) beside them, SQLite takes that one for each of these
-- conditions and walks past everything that waits for a later day.
CREATE INDEX job_ready_idx ON job (priority, run_at, id) WHERE state IN ('ready', 'retry');
CREATE INDEX job_lease_idx ON job (lease_until) WHERE state = 'running';
CREATE INDEX job_active_idx ON job (id) WHERE state IN ('ready', 'running', 'retry');
CREATE INDEX job_dead_idx ON job (id) WHERE state = 'dead';
CREATE INDEX job_ended_idx ON job (id) WHERE state IN ('done', 'cancelled');

CREATE TABLE instance (
    id TEXT NOT NULL PRIMARY KEY,
    version TEXT NOT NULL,
    kids TEXT NOT NULL,
    started_at TIMESTAMP NOT NULL,
    seen_at TIMESTAMP NOT NULL
);

CREATE TABLE idempotency_receipt (
    actor TEXT NOT NULL,
    route TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BYTEA NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body BYTEA NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    PRIMARY KEY (actor, route, key)
);
CREATE INDEX idempotency_receipt_expires_idx ON idempotency_receipt (expires_at);

CREATE TABLE audit_entry (
    id TEXT NOT NULL PRIMARY KEY,
    at TIMESTAMP NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    action TEXT NOT NULL,
    object_type TEXT NOT NULL,
    object_id TEXT NOT NULL,
    termination_id TEXT,
    request_id TEXT NOT NULL,
    payload_digest BYTEA NOT NULL,
    digest BYTEA NOT NULL
);
CREATE INDEX audit_entry_object_idx ON audit_entry (object_type, object_id, id);
CREATE INDEX audit_entry_action_idx ON audit_entry (action, id);
CREATE INDEX audit_entry_termination_idx ON audit_entry (termination_id, id) WHERE termination_id IS NOT NULL;

-- The tables around the entries have no foreign keys: no entry can be deleted, what the chain proves is more than they
-- would, and each of them would be looked up with every entry.
CREATE TABLE audit_payload (
    entry_id TEXT NOT NULL PRIMARY KEY,
    salt BYTEA NOT NULL,
    details TEXT NOT NULL
);

-- What waits for the sealer, with the digest as it was when the entry was written.
CREATE TABLE audit_pending (
    entry_id TEXT NOT NULL PRIMARY KEY,
    digest BYTEA NOT NULL
);
-- No entry can miss the queue of the sealer, whoever writes it.
CREATE FUNCTION audit_entry_waits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_pending (entry_id, digest) VALUES (NEW.id, NEW.digest);
    RETURN NULL;
END;
$$;
CREATE TRIGGER audit_entry_waits AFTER INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_entry_waits();

CREATE TABLE audit_seal (
    seq BIGINT NOT NULL PRIMARY KEY,
    previous BYTEA NOT NULL,
    merkle_root BYTEA NOT NULL,
    entry_count INTEGER NOT NULL,
    sealed_at TIMESTAMP NOT NULL,
    hash BYTEA NOT NULL
);

CREATE TABLE audit_seal_entry (
    seq BIGINT NOT NULL,
    position INTEGER NOT NULL,
    entry_id TEXT NOT NULL,
    PRIMARY KEY (seq, position)
);
CREATE UNIQUE INDEX audit_seal_entry_entry_key ON audit_seal_entry (entry_id);
