DROP TABLE holder_statement;
