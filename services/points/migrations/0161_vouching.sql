-- depends: 0160_forgetting
-- Whoever says that something happened: nobody earns on the word of their own household. No release has the old name.
ALTER TABLE waiting_claims RENAME COLUMN served_id TO vouched_by;
