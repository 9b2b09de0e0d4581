DROP INDEX assignment_custody_idx;
DROP INDEX assignment_active_idx;
DROP INDEX assignment_ended_idx;
DROP INDEX termination_item_assignment_idx;
DROP INDEX termination_completed_idx;
DROP INDEX termination_item_mdm_idx;
DROP INDEX termination_due_idx;
DROP INDEX termination_active_idx;
