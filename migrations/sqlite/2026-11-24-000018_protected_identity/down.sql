ALTER TABLE person DROP COLUMN is_protected;
