CREATE TABLE device (
    id TEXT NOT NULL PRIMARY KEY,
    legal_entity_id TEXT NOT NULL REFERENCES legal_entity (id),
    serial TEXT NOT NULL,
    manufacturer TEXT,
    model TEXT NOT NULL,
    data_class TEXT NOT NULL,
    status TEXT NOT NULL,
    custody_epoch BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (id, legal_entity_id)
);
CREATE UNIQUE INDEX device_serial_key ON device (serial);
CREATE INDEX device_legal_entity_idx ON device (legal_entity_id, id);
CREATE INDEX device_status_idx ON device (status, id);

CREATE TABLE device_imei (
    imei_body TEXT NOT NULL PRIMARY KEY,
    imei TEXT NOT NULL,
    slot INTEGER NOT NULL,
    device_id TEXT NOT NULL REFERENCES device (id)
);
CREATE UNIQUE INDEX device_imei_slot_key ON device_imei (device_id, slot);

CREATE TABLE subscription (
    id TEXT NOT NULL PRIMARY KEY,
    legal_entity_id TEXT NOT NULL REFERENCES legal_entity (id),
    number TEXT NOT NULL,
    operator TEXT,
    monthly_cost_ore BIGINT,
    status TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (id, legal_entity_id)
);
CREATE UNIQUE INDEX subscription_number_active_key ON subscription (number) WHERE status <> 'terminated';
CREATE INDEX subscription_legal_entity_idx ON subscription (legal_entity_id, id);

CREATE TABLE assignment (
    id TEXT NOT NULL PRIMARY KEY,
    legal_entity_id TEXT NOT NULL,
    employment_id TEXT NOT NULL REFERENCES employment (id),
    device_id TEXT,
    subscription_id TEXT,
    custody_epoch BIGINT NOT NULL,
    accessories TEXT NOT NULL,
    assigned_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    end_reason TEXT,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    FOREIGN KEY (device_id, legal_entity_id) REFERENCES device (id, legal_entity_id),
    FOREIGN KEY (subscription_id, legal_entity_id) REFERENCES subscription (id, legal_entity_id),
    CHECK ((device_id IS NULL) <> (subscription_id IS NULL))
);
CREATE UNIQUE INDEX assignment_device_active_key ON assignment (device_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX assignment_subscription_active_key ON assignment (subscription_id) WHERE ended_at IS NULL;
CREATE INDEX assignment_employment_idx ON assignment (employment_id, id);
CREATE INDEX assignment_device_idx ON assignment (device_id, id) WHERE device_id IS NOT NULL;
CREATE INDEX assignment_subscription_idx ON assignment (subscription_id, id) WHERE subscription_id IS NOT NULL;
