-- depends: 0101_cases
-- The catalogue is edited by the deployment: who made a version, when, and what a matter gathers and where it starts.

ALTER TABLE matters
    -- The level a matter starts at; absent in rows of an earlier release, which started at the grid.
    ADD COLUMN level text CONSTRAINT matters_level_check CHECK (level IN ('grid', 'community', 'subdistrict', 'district')),
    -- What an approval 审批性 gathers before it can be resolved.
    ADD COLUMN required_documents text[],
    -- Nobody where the version was delivered.
    ADD COLUMN changed_by uuid,
    ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();

-- The catalogue's version a matter was filed under; absent in matters of an earlier release.
ALTER TABLE cases ADD COLUMN category_version integer;
