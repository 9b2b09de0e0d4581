DROP TABLE termination_note;
