CREATE TABLE legal_entity (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    org_number TEXT,
    language TEXT NOT NULL,
    wipe_standard TEXT NOT NULL,
    wipe_secrecy TEXT NOT NULL,
    chancery_id TEXT,
    schedule TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX legal_entity_org_number_key ON legal_entity (org_number);

CREATE TABLE schedule_version (
    legal_entity_id TEXT NOT NULL REFERENCES legal_entity (id),
    version BIGINT NOT NULL,
    since TIMESTAMP NOT NULL,
    schedule TEXT NOT NULL,
    PRIMARY KEY (legal_entity_id, version)
);

CREATE TABLE source (
    name TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    legal_entity_id TEXT NOT NULL REFERENCES legal_entity (id),
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

CREATE TABLE person (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT,
    email TEXT,
    language TEXT NOT NULL,
    is_incomplete BOOLEAN NOT NULL,
    name_search TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX person_name_search_idx ON person (name_search, id);
CREATE INDEX person_incomplete_idx ON person (id) WHERE is_incomplete;

ALTER TABLE legal_entity ADD FOREIGN KEY (chancery_id) REFERENCES person (id);

CREATE TABLE person_identifier (
    source TEXT NOT NULL REFERENCES source (name),
    external_id TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES person (id),
    PRIMARY KEY (source, external_id)
);
CREATE INDEX person_identifier_person_idx ON person_identifier (person_id);

CREATE TABLE unit (
    id TEXT NOT NULL PRIMARY KEY,
    legal_entity_id TEXT NOT NULL REFERENCES legal_entity (id),
    parent_id TEXT,
    name TEXT NOT NULL,
    source TEXT REFERENCES source (name),
    external_id TEXT,
    coordinator_id TEXT REFERENCES person (id),
    is_incomplete BOOLEAN NOT NULL,
    merge_into_id TEXT,
    merge_on DATE,
    merged_at TIMESTAMP,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (id, legal_entity_id),
    FOREIGN KEY (parent_id, legal_entity_id) REFERENCES unit (id, legal_entity_id),
    FOREIGN KEY (merge_into_id, legal_entity_id) REFERENCES unit (id, legal_entity_id),
    CHECK (merge_into_id <> id),
    CHECK ((merge_into_id IS NULL) = (merge_on IS NULL)),
    CHECK (merged_at IS NULL OR merge_into_id IS NOT NULL)
);
CREATE UNIQUE INDEX unit_external_key ON unit (source, external_id);
CREATE INDEX unit_parent_idx ON unit (parent_id);
CREATE INDEX unit_legal_entity_idx ON unit (legal_entity_id, id);
CREATE INDEX unit_merge_planned_idx ON unit (merge_on, id) WHERE merge_into_id IS NOT NULL AND merged_at IS NULL;

-- Rows that are changed often find room for their next version on the same page, and their indexes stay as they are.
CREATE TABLE employment (
    id TEXT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL REFERENCES source (name),
    external_id TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES person (id),
    unit_id TEXT NOT NULL,
    legal_entity_id TEXT NOT NULL,
    manager_id TEXT REFERENCES person (id),
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    start_on DATE NOT NULL,
    end_on DATE,
    last_working_on DATE,
    sequence BIGINT NOT NULL,
    document TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    FOREIGN KEY (unit_id, legal_entity_id) REFERENCES unit (id, legal_entity_id)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX employment_external_key ON employment (source, external_id);
CREATE INDEX employment_person_idx ON employment (person_id);
CREATE INDEX employment_manager_idx ON employment (manager_id);
CREATE INDEX employment_unit_idx ON employment (unit_id, id);

CREATE TABLE employment_version (
    employment_id TEXT NOT NULL REFERENCES employment (id),
    version BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    occurred_at TIMESTAMP,
    recorded_at TIMESTAMP NOT NULL,
    content_hash TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (employment_id, version)
);

CREATE TABLE employment_receipt (
    id TEXT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL,
    external_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    received_at TIMESTAMP NOT NULL
);
CREATE INDEX employment_receipt_external_idx ON employment_receipt (source, external_id, id);
