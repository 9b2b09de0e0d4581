DROP INDEX person_email_folded_idx;
DROP TABLE account_review;
DROP TABLE account_signal;
DROP TABLE scim_user_email;
DROP TABLE scim_user;
DROP TABLE scim_token;
DROP TABLE scim_connection;
