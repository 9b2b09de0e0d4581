DROP INDEX termination_completed_idx;
CREATE INDEX termination_completed_idx ON termination (completed_at, unit_id, return_by) WHERE state = 'completed';
ALTER TABLE assignment DROP COLUMN loan_until;
ALTER TABLE termination_item DROP COLUMN arrangement;
ALTER TABLE termination DROP COLUMN is_paused;
ALTER TABLE termination DROP COLUMN absence;
ALTER TABLE legal_entity DROP COLUMN absence_case_after_days;
