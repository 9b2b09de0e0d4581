-- To whom a case is handed over, instead of whoever would be asked: a person, or whoever has a role.
ALTER TABLE termination ADD COLUMN delegate_to TEXT;
ALTER TABLE termination ADD COLUMN delegate_id TEXT;
CREATE INDEX termination_delegate_idx ON termination (delegate_id) WHERE delegate_id IS NOT NULL;
-- A colleague is found by the address that somebody typed.
CREATE INDEX person_email_idx ON person (lower(email)) WHERE email IS NOT NULL;
