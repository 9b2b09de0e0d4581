DROP TABLE action_link;
DROP TABLE message;
