DROP TABLE unreachable_address;
DROP TABLE mail_day;
DROP TABLE message_delivery;
DROP TABLE action_link;
DROP TABLE message;
