-- depends: 0201_dispatch
-- Clocks in full: what class they run for, what moved them, versions of limits, runs that ended, supervision orders,
-- extensions, and limits computed anew on purpose.

ALTER TABLE watched_cases ADD COLUMN ended_at timestamptz;

ALTER TABLE clocks
    ADD COLUMN category text COLLATE "C" NOT NULL DEFAULT '*',
    ADD COLUMN sla_class text COLLATE "C" NOT NULL DEFAULT '*',
    ADD COLUMN urgency text NOT NULL DEFAULT 'ordinary',
    ADD COLUMN preset text NOT NULL DEFAULT '',
    ADD COLUMN preset_version integer NOT NULL DEFAULT 0,
    ADD COLUMN stages jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN stage integer NOT NULL DEFAULT 0,
    ADD COLUMN moves jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN extensions integer NOT NULL DEFAULT 0,
    ADD COLUMN repetition integer NOT NULL DEFAULT 0;
-- The sweep takes due clocks in this order, page by page.
DROP INDEX clocks_next_step_idx;
CREATE INDEX clocks_due_idx ON clocks (next_step_at, clock_id) WHERE next_step_at IS NOT NULL;
CREATE INDEX clocks_open_idx ON clocks (clock_id) WHERE state <> 'stopped';

-- Every run of a clock that is over: later runs do not lose the earlier handling time.
CREATE TABLE clock_runs (
    clock_id uuid NOT NULL,
    run integer NOT NULL,
    owner_id uuid NOT NULL,
    task_id uuid,
    case_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    department_id text COLLATE "C",
    name text NOT NULL,
    category text COLLATE "C" NOT NULL,
    sla_class text COLLATE "C" NOT NULL,
    started_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    outcome text NOT NULL,
    overdue_seconds integer NOT NULL,
    CONSTRAINT clock_runs_pkey PRIMARY KEY (clock_id, run),
    CONSTRAINT clock_runs_outcome_check CHECK (outcome IN (
        'met', 'late', 'extended', 'staged', 'reclassed', 'rebased'))
);
CREATE INDEX clock_runs_case_idx ON clock_runs (case_id);

-- Supervision orders 督办单, numbered by repetition within a run of a clock.
CREATE TABLE supervisions (
    supervision_id uuid NOT NULL,
    clock_id uuid NOT NULL,
    run integer NOT NULL,
    repetition integer NOT NULL,
    owner_id uuid NOT NULL,
    task_id uuid,
    case_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    department_id text COLLATE "C",
    clock text NOT NULL,
    state text NOT NULL DEFAULT 'open',
    due_at timestamptz NOT NULL,
    ordered_at timestamptz NOT NULL,
    rectify_by timestamptz NOT NULL,
    settled_at timestamptz,
    CONSTRAINT supervisions_pkey PRIMARY KEY (supervision_id),
    CONSTRAINT supervisions_step_key UNIQUE (clock_id, run, repetition),
    CONSTRAINT supervisions_state_check CHECK (state IN ('open', 'settled'))
);
CREATE INDEX supervisions_area_idx ON supervisions (area, supervision_id);
CREATE INDEX supervisions_department_idx ON supervisions (department_id, supervision_id);
CREATE INDEX supervisions_open_area_idx ON supervisions (area, supervision_id) WHERE state = 'open';
CREATE INDEX supervisions_open_department_idx ON supervisions (department_id, supervision_id) WHERE state = 'open';

CREATE TABLE extensions (
    extension_id uuid NOT NULL,
    clock_id uuid NOT NULL,
    run integer NOT NULL,
    owner_id uuid NOT NULL,
    task_id uuid,
    case_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    department_id text COLLATE "C",
    clock text NOT NULL,
    state text NOT NULL,
    words text NOT NULL,
    asked_by uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    decision_words text,
    CONSTRAINT extensions_pkey PRIMARY KEY (extension_id),
    CONSTRAINT extensions_clock_fkey FOREIGN KEY (clock_id) REFERENCES clocks (clock_id),
    CONSTRAINT extensions_state_check CHECK (state IN ('asked', 'approved', 'refused'))
);
CREATE UNIQUE INDEX extensions_asked_key ON extensions (clock_id, run) WHERE state = 'asked';
CREATE INDEX extensions_area_idx ON extensions (area, extension_id);
CREATE INDEX extensions_department_idx ON extensions (department_id, extension_id);

-- Every version of every preset, as documents; clocks name the one they began with.
ALTER TABLE presets ADD COLUMN version integer NOT NULL DEFAULT 1;
CREATE TABLE preset_versions (
    preset text NOT NULL,
    version integer NOT NULL,
    title text NOT NULL,
    document jsonb NOT NULL,
    reason text NOT NULL,
    made_by uuid,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT preset_versions_pkey PRIMARY KEY (preset, version),
    CONSTRAINT preset_versions_preset_fkey FOREIGN KEY (preset) REFERENCES presets (name)
);

-- What an admin did to limits and calendar, for good.
CREATE TABLE limit_acts (
    act_id uuid NOT NULL,
    action text NOT NULL,
    by_person uuid NOT NULL,
    reason text NOT NULL,
    detail jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT limit_acts_pkey PRIMARY KEY (act_id)
);

-- Running clocks computed anew on purpose: after an edit of the calendar, or put under the limits in force.
CREATE TABLE recomputations (
    recomputation_id uuid NOT NULL,
    kind text NOT NULL,
    area text COLLATE "C",
    category text,
    sla_class text,
    clock text,
    preset text,
    -- Only clocks that run on one of these days, UTC+8.
    first_day date,
    last_day date,
    reason text NOT NULL,
    by_person uuid NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    after_clock uuid,
    looked_at integer NOT NULL DEFAULT 0,
    changed integer NOT NULL DEFAULT 0,
    finished_at timestamptz,
    CONSTRAINT recomputations_pkey PRIMARY KEY (recomputation_id),
    CONSTRAINT recomputations_kind_check CHECK (kind IN ('calendar', 'rebase'))
);
CREATE INDEX recomputations_unfinished_idx ON recomputations (recomputation_id) WHERE finished_at IS NULL;
