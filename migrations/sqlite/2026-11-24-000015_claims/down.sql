ALTER TABLE legal_entity DROP COLUMN claim_after_days;
DROP INDEX termination_item_unknown_idx;
DROP TABLE claim;
