-- depends: 0170_people
-- What should never have stood on the board is taken from it for good, not only ended.

ALTER TABLE notices ADD COLUMN is_hidden boolean NOT NULL DEFAULT false;
