CREATE TABLE receipt (
    code TEXT NOT NULL PRIMARY KEY,
    termination_id TEXT NOT NULL REFERENCES termination (id),
    issued_at TIMESTAMP NOT NULL,
    replaced_at TIMESTAMP
);
CREATE UNIQUE INDEX receipt_termination_current_key ON receipt (termination_id) WHERE replaced_at IS NULL;

-- Cases that are completed already get a code with 80 random bits: hexadecimal digits are letters of the codes too.
INSERT INTO receipt (code, termination_id, issued_at)
SELECT upper(substr(encode(sha256((gen_random_uuid()::text || gen_random_uuid()::text)::bytea), 'hex'), 1, 20)), id, completed_at FROM termination
WHERE state = 'completed' AND completed_at IS NOT NULL;
