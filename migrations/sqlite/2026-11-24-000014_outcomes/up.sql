-- What is known of a device that does not come back, or comes back damaged: each a document of its own.
ALTER TABLE termination_item ADD COLUMN loss TEXT;
ALTER TABLE termination_item ADD COLUMN disposal TEXT;
ALTER TABLE termination_item ADD COLUMN damage TEXT;

-- When a breach of personal data must be notified at the latest; nothing while none is undecided.
ALTER TABLE termination ADD COLUMN breach_notify_by TIMESTAMP;
CREATE INDEX termination_breach_idx ON termination (id) WHERE breach_notify_by IS NOT NULL;

-- Whether holders may buy their devices.
ALTER TABLE legal_entity ADD COLUMN allows_buy_out BOOLEAN NOT NULL DEFAULT 0;
