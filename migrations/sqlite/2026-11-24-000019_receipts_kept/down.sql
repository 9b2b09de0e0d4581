DROP TABLE private_address;
DROP TABLE receipt_key;
ALTER TABLE receipt DROP COLUMN facts;
