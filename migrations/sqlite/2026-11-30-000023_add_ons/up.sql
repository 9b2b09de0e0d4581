-- What a subscription can do beside its own (tilläggsfunktioner).
CREATE TABLE add_on (
    id TEXT NOT NULL PRIMARY KEY,
    subscription_id TEXT NOT NULL,
    legal_entity_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    from_on DATE NOT NULL,
    to_on DATE,
    cost_ore BIGINT,
    orderer_id TEXT NOT NULL REFERENCES person (id),
    agreement TEXT,
    -- When somebody last said that it is needed, and when they were last asked.
    reviewed_on DATE NOT NULL,
    asked_on DATE,
    ended_on DATE,
    end_cause TEXT,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    FOREIGN KEY (subscription_id, legal_entity_id) REFERENCES subscription (id, legal_entity_id)
);
CREATE INDEX add_on_subscription_idx ON add_on (subscription_id, id);
CREATE INDEX add_on_legal_entity_idx ON add_on (legal_entity_id, id);
-- Where the sweeps look: what ends by itself, and what is asked about once a year.
CREATE INDEX add_on_to_idx ON add_on (to_on) WHERE ended_on IS NULL;
CREATE INDEX add_on_review_idx ON add_on (reviewed_on) WHERE ended_on IS NULL AND to_on IS NULL;
