ALTER TABLE legal_entity DROP COLUMN allows_buy_out;
DROP INDEX termination_breach_idx;
ALTER TABLE termination DROP COLUMN breach_notify_by;
ALTER TABLE termination_item DROP COLUMN damage;
ALTER TABLE termination_item DROP COLUMN disposal;
ALTER TABLE termination_item DROP COLUMN loss;
