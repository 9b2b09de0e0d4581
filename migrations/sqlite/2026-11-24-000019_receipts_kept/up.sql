-- What a receipt says, from the moment it is issued. Those of earlier versions are filled in when the service starts.
ALTER TABLE receipt ADD COLUMN facts TEXT;

-- The public keys that receipts are or were signed with: a signature outlives the key that made it.
CREATE TABLE receipt_key (
    kid TEXT NOT NULL PRIMARY KEY,
    public_key BLOB NOT NULL,
    created_at TIMESTAMP NOT NULL
);

-- Where the holder of a case gets the receipt instead of at work. Sealed, and gone when the receipt is.
CREATE TABLE private_address (
    termination_id TEXT NOT NULL PRIMARY KEY REFERENCES termination (id),
    sealed_kid TEXT NOT NULL,
    sealed BLOB NOT NULL,
    created_at TIMESTAMP NOT NULL
);
