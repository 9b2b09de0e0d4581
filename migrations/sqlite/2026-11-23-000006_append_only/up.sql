-- These tables are append-only: what is written stays as it was written. The triggers stop mistakes;
-- the seal chain makes tampering by the owner of the database evident.
CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END;
CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END;
-- INSERT OR REPLACE would slip past the two above.
CREATE TRIGGER audit_entry_no_replace BEFORE INSERT ON audit_entry WHEN EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END;
CREATE TRIGGER audit_seal_no_update BEFORE UPDATE ON audit_seal BEGIN SELECT RAISE(ABORT, 'audit_seal is append-only'); END;
CREATE TRIGGER audit_seal_no_delete BEFORE DELETE ON audit_seal BEGIN SELECT RAISE(ABORT, 'audit_seal is append-only'); END;
-- INSERT OR REPLACE would slip past the two above.
CREATE TRIGGER audit_seal_no_replace BEFORE INSERT ON audit_seal WHEN EXISTS (SELECT 1 FROM audit_seal WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'audit_seal is append-only'); END;
CREATE TRIGGER audit_seal_entry_no_update BEFORE UPDATE ON audit_seal_entry BEGIN SELECT RAISE(ABORT, 'audit_seal_entry is append-only'); END;
CREATE TRIGGER audit_seal_entry_no_delete BEFORE DELETE ON audit_seal_entry BEGIN SELECT RAISE(ABORT, 'audit_seal_entry is append-only'); END;
-- INSERT OR REPLACE would slip past the two above.
CREATE TRIGGER audit_seal_entry_no_replace BEFORE INSERT ON audit_seal_entry WHEN EXISTS (SELECT 1 FROM audit_seal_entry WHERE (seq = NEW.seq AND position = NEW.position) OR entry_id = NEW.entry_id)
BEGIN SELECT RAISE(ABORT, 'audit_seal_entry is append-only'); END;
CREATE TRIGGER evidence_no_update BEFORE UPDATE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER evidence_no_delete BEFORE DELETE ON evidence BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
-- INSERT OR REPLACE would slip past the two above.
CREATE TRIGGER evidence_no_replace BEFORE INSERT ON evidence WHEN EXISTS (SELECT 1 FROM evidence WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER employment_version_no_update BEFORE UPDATE ON employment_version BEGIN SELECT RAISE(ABORT, 'employment_version is append-only'); END;
CREATE TRIGGER employment_version_no_delete BEFORE DELETE ON employment_version BEGIN SELECT RAISE(ABORT, 'employment_version is append-only'); END;
-- INSERT OR REPLACE would slip past the two above.
CREATE TRIGGER employment_version_no_replace BEFORE INSERT ON employment_version WHEN EXISTS (SELECT 1 FROM employment_version WHERE employment_id = NEW.employment_id AND version = NEW.version)
BEGIN SELECT RAISE(ABORT, 'employment_version is append-only'); END;
