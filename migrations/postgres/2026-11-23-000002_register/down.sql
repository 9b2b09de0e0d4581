DROP TABLE assignment;
DROP TABLE subscription;
DROP TABLE device_imei;
DROP TABLE device;
