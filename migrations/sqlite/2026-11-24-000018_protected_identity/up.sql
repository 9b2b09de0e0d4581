-- Skyddade personuppgifter: whose name is for named roles alone.
ALTER TABLE person ADD COLUMN is_protected BOOLEAN NOT NULL DEFAULT FALSE;
