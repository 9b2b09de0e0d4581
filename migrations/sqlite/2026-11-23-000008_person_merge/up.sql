CREATE TABLE person_merge (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES person (id),
    merged_id TEXT NOT NULL REFERENCES person (id),
    moved TEXT NOT NULL,
    merged_at TIMESTAMP NOT NULL,
    undone_at TIMESTAMP
);
CREATE INDEX person_merge_person_idx ON person_merge (person_id);
-- Nobody is taken in twice at once.
CREATE UNIQUE INDEX person_merge_merged_key ON person_merge (merged_id) WHERE undone_at IS NULL;
