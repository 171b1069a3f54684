-- depends: 0231_assessments
-- Monthly tables with the rows each figure was counted from, and the rules they are made by.

CREATE TABLE ranking_rules (
    area text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    version integer NOT NULL,
    from_month text COLLATE "C" NOT NULL,
    body jsonb NOT NULL,
    by_person uuid NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT ranking_rules_pkey PRIMARY KEY (area, kind, version)
);

CREATE TABLE rankings (
    ranking_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    month text COLLATE "C" NOT NULL,
    version integer NOT NULL,
    state text NOT NULL,
    period_start timestamptz NOT NULL,
    period_end timestamptz NOT NULL,
    -- Departments may appeal until then; then it is frozen.
    appeals_until timestamptz NOT NULL,
    rules_version integer NOT NULL,
    rules jsonb NOT NULL,
    lines jsonb NOT NULL,
    fingerprint text NOT NULL,
    computed_at timestamptz NOT NULL,
    frozen_at timestamptz,
    -- Why a frozen table was corrected by this one, and by whom.
    reason text,
    by_person uuid,
    CONSTRAINT rankings_pkey PRIMARY KEY (ranking_id),
    CONSTRAINT rankings_month_key UNIQUE (area, kind, month, version),
    CONSTRAINT rankings_kind_check CHECK (kind IN ('departments', 'subdistricts')),
    CONSTRAINT rankings_state_check CHECK (
        CASE state WHEN 'draft' THEN frozen_at IS NULL WHEN 'frozen' THEN frozen_at IS NOT NULL ELSE false END)
);
CREATE INDEX rankings_list_idx ON rankings (area, ranking_id);
CREATE INDEX rankings_draft_idx ON rankings (appeals_until) WHERE state = 'draft';

-- The rows a figure was counted from, as they were then: `points` belongs to `subjects` one by one. They are what a
-- frozen table is recomputed from; facts that change later do not touch them.
CREATE TABLE ranking_evidence (
    ranking_id uuid NOT NULL,
    organisation_id text COLLATE "C" NOT NULL,
    indicator text NOT NULL,
    numerator bigint NOT NULL,
    denominator integer NOT NULL,
    digest text NOT NULL,
    subjects uuid[] NOT NULL,
    points smallint[] NOT NULL,
    CONSTRAINT ranking_evidence_pkey PRIMARY KEY (ranking_id, organisation_id, indicator),
    CONSTRAINT ranking_evidence_ranking_fkey FOREIGN KEY (ranking_id) REFERENCES rankings (ranking_id)
);

-- A subdistrict's name, for people who read the table; a copy from the registry's nets.
CREATE TABLE subdistricts (
    area text COLLATE "C" NOT NULL,
    name text NOT NULL,
    sequence bigint NOT NULL,
    CONSTRAINT subdistricts_pkey PRIMARY KEY (area)
);
