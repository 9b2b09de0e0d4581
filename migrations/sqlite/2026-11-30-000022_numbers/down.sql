ALTER TABLE assignment DROP COLUMN quarantine_override;
DROP TABLE number_quarantine;
ALTER TABLE legal_entity DROP COLUMN number_quarantine_days;
ALTER TABLE subscription DROP COLUMN unit_id;
ALTER TABLE subscription DROP COLUMN ends_on;
ALTER TABLE subscription DROP COLUMN is_recovery_number;
DROP INDEX termination_item_transfer_idx;
ALTER TABLE termination_item DROP COLUMN number_request;
ALTER TABLE termination_item DROP COLUMN number_ruling;
