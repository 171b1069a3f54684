-- depends: 0130_lists
-- The chain covers a reference to a person instead of the id, so that the id can be deleted; see domain/timeline.py.
-- Entries of before have none of the three.

ALTER TABLE timeline ADD COLUMN salt bytea;
ALTER TABLE timeline ADD COLUMN person_ref bytea;
ALTER TABLE timeline ADD COLUMN marks bytea;
ALTER TABLE cases ADD COLUMN anonymised_at timestamptz;
