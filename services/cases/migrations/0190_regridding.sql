-- depends: 0145_disputes
-- Open matters move to the grids of a net that took effect; a net is settled when all of them have.

ALTER TABLE nets ADD COLUMN settled_at timestamptz;
CREATE INDEX nets_unsettled_idx ON nets (effective_at) WHERE settled_at IS NULL;
