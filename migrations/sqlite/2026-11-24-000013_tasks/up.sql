-- What the desk, or somebody by name, is to do.
CREATE TABLE task (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    -- What may be open once only: the case, the item and whatever tells two of a kind apart. Notices have none.
    open_key TEXT,
    owner_id TEXT REFERENCES person (id),
    due_on DATE NOT NULL,
    legal_entity_id TEXT NOT NULL REFERENCES legal_entity (id),
    unit_id TEXT NOT NULL REFERENCES unit (id),
    termination_id TEXT REFERENCES termination (id),
    item_id TEXT REFERENCES termination_item (id),
    person_id TEXT REFERENCES person (id),
    facts TEXT NOT NULL,
    text TEXT,
    actor_kind TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    closed_at TIMESTAMP,
    closed_by_kind TEXT,
    closed_by_id TEXT,
    reference TEXT,
    reason TEXT,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX task_number_key ON task (number);
CREATE UNIQUE INDEX task_open_key ON task (kind, open_key) WHERE state = 'open' AND open_key IS NOT NULL;
CREATE INDEX task_state_idx ON task (state, id);
CREATE INDEX task_unit_idx ON task (unit_id, id);
CREATE INDEX task_owner_idx ON task (owner_id, id) WHERE owner_id IS NOT NULL;
CREATE INDEX task_termination_idx ON task (termination_id, id) WHERE termination_id IS NOT NULL;
CREATE INDEX task_due_idx ON task (due_on, id) WHERE state = 'open';

-- The hours at which a unit answers its telephones, each from a day on.
CREATE TABLE unit_phone_hours (
    unit_id TEXT NOT NULL REFERENCES unit (id),
    valid_from DATE NOT NULL,
    hours TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (unit_id, valid_from)
);
