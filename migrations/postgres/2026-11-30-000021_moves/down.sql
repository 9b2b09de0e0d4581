ALTER TABLE termination_item DROP COLUMN proposal;
