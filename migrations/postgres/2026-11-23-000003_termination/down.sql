DROP TABLE evidence;
DROP TABLE mdm_report;
DROP TABLE code;
DROP TABLE data_key;
DROP TABLE termination_item;
DROP TABLE termination;
