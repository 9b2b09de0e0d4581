DROP TABLE receipt;
