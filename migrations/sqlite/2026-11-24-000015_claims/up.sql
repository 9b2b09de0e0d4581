-- A device that has not come back long after it was due, until that ends in one lawful way.
CREATE TABLE claim (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL,
    state TEXT NOT NULL,
    termination_id TEXT NOT NULL REFERENCES termination (id),
    item_id TEXT NOT NULL REFERENCES termination_item (id),
    device_id TEXT NOT NULL REFERENCES device (id),
    legal_entity_id TEXT NOT NULL REFERENCES legal_entity (id),
    unit_id TEXT NOT NULL REFERENCES unit (id),
    return_by DATE NOT NULL,
    settlement TEXT,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX claim_number_key ON claim (number);
CREATE UNIQUE INDEX claim_item_key ON claim (item_id);
CREATE INDEX claim_termination_idx ON claim (termination_id, id);
CREATE INDEX claim_state_idx ON claim (state, id);

-- Where the sweep looks: devices of which nobody knows what became.
CREATE INDEX termination_item_unknown_idx ON termination_item (termination_id)
    WHERE outcome IS NULL AND device_id IS NOT NULL;

-- After how many days without a return a claim opens.
ALTER TABLE legal_entity ADD COLUMN claim_after_days INTEGER NOT NULL DEFAULT 30;
