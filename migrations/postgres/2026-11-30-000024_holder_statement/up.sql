-- What a holder says about an item: only the latest of each topic counts, the audit keeps the rest.
CREATE TABLE holder_statement (
    item_id TEXT NOT NULL REFERENCES termination_item (id),
    topic TEXT NOT NULL,
    answer TEXT NOT NULL,
    stated_at TIMESTAMP NOT NULL,
    link_id TEXT NOT NULL REFERENCES action_link (id),
    PRIMARY KEY (item_id, topic)
);
