DROP TABLE unit_phone_hours;
DROP TABLE task;
