DROP INDEX person_email_idx;
DROP INDEX termination_delegate_idx;
ALTER TABLE termination DROP COLUMN delegate_id;
ALTER TABLE termination DROP COLUMN delegate_to;
