-- The cases under way are few among all that there ever were.
CREATE INDEX termination_active_idx ON termination (id) WHERE state IN ('scheduled', 'open');
CREATE INDEX termination_due_idx ON termination (return_by, id) WHERE state IN ('scheduled', 'open');
-- The devices from which the MDM waits to hear.
CREATE INDEX termination_item_mdm_idx ON termination_item (termination_id) WHERE awaits_mdm;
-- What a report over many years of cases reads is in the index, so that it need not look at the rows.
CREATE INDEX termination_completed_idx ON termination (completed_at, unit_id, return_by) WHERE state = 'completed';
CREATE INDEX termination_item_assignment_idx ON termination_item (assignment_id, outcome);
CREATE INDEX assignment_ended_idx ON assignment (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX assignment_active_idx ON assignment (employment_id, device_id) WHERE ended_at IS NULL;
CREATE INDEX assignment_custody_idx ON assignment (device_id, custody_epoch, end_reason);
