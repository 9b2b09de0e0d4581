-- What was decided about the number of a subscription, and that its holder asked for it.
ALTER TABLE termination_item ADD COLUMN number_ruling TEXT;
ALTER TABLE termination_item ADD COLUMN number_request TEXT;
-- Numbers that go to their holders are few among all that there ever were.
CREATE INDEX termination_item_transfer_idx ON termination_item (termination_id)
    WHERE is_to_be_transferred;

-- Whether somebody signs in or recovers an account with the number, its last day with the operator, and the unit that
-- it was moved to.
ALTER TABLE subscription ADD COLUMN is_recovery_number BOOLEAN NOT NULL DEFAULT 0;
ALTER TABLE subscription ADD COLUMN ends_on DATE;
ALTER TABLE subscription ADD COLUMN unit_id TEXT REFERENCES unit (id);

-- For how many days a number that was freed is nobody else's.
ALTER TABLE legal_entity ADD COLUMN number_quarantine_days INTEGER NOT NULL DEFAULT 90;

-- The numbers that were freed, the latest time that each was. It is the number that callers and codes go to, whichever
-- subscription it is on.
CREATE TABLE number_quarantine (
    number TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES person (id),
    freed_on DATE NOT NULL,
    until_on DATE NOT NULL
);
CREATE INDEX number_quarantine_until_idx ON number_quarantine (until_on);
CREATE INDEX number_quarantine_person_idx ON number_quarantine (person_id);

-- The decision by which a number was handed out in its quarantine.
ALTER TABLE assignment ADD COLUMN quarantine_override TEXT;
