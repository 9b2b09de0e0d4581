DROP TABLE person_merge;
