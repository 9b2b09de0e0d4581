-- From how many days on a leave opens a case by itself; no number, no case.
ALTER TABLE legal_entity ADD COLUMN absence_case_after_days INTEGER;

-- For a leave: its days, and whether anything can be asked before the holder is back.
ALTER TABLE termination ADD COLUMN absence TEXT;
ALTER TABLE termination ADD COLUMN is_paused BOOLEAN NOT NULL DEFAULT 0;
-- What becomes of a device while its holder is away.
ALTER TABLE termination_item ADD COLUMN arrangement TEXT;
-- The last day of a loan.
ALTER TABLE assignment ADD COLUMN loan_until DATE;

-- Nothing ends with a leave, so the report on lead times passes such cases by without looking at the rows.
DROP INDEX termination_completed_idx;
CREATE INDEX termination_completed_idx ON termination (completed_at, unit_id, return_by, kind)
    WHERE state = 'completed';
