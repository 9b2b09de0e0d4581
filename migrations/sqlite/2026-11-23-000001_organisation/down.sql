DROP TABLE employment_receipt;
DROP TABLE employment_version;
DROP TABLE employment;
DROP TABLE unit;
DROP TABLE person_identifier;
DROP TABLE person;
DROP TABLE source;
DROP TABLE legal_entity;
