-- That a device goes along with its holder, as long as only one side has said so.
ALTER TABLE termination_item ADD COLUMN proposal TEXT;
