-- depends: 0002_identity
-- An identity number may stand with two people, where whoever registered the second could not know of the first:
-- being refused would tell that somebody exists elsewhere. Whoever answers for both areas is shown them.

ALTER TABLE people ADD COLUMN shares_number boolean NOT NULL DEFAULT false;

-- Still once, but for those marked.
CREATE UNIQUE INDEX people_identity_number_once ON people (identity_number_index) WHERE NOT shares_number;
CREATE INDEX people_by_identity_number ON people (identity_number_index) WHERE identity_number_index IS NOT NULL;
CREATE INDEX people_sharing_number ON people (id) WHERE shares_number;
ALTER TABLE people DROP CONSTRAINT people_identity_number_key;
