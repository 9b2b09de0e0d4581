CREATE TABLE termination_note (
    id TEXT NOT NULL PRIMARY KEY,
    termination_id TEXT NOT NULL REFERENCES termination (id),
    item_id TEXT REFERENCES termination_item (id),
    kind TEXT NOT NULL,
    day DATE,
    text TEXT,
    actor_kind TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX termination_note_termination_idx ON termination_note (termination_id, id);
