-- depends: 0002_http
-- Matters, their timelines, and the copies of other services' data they are handled with.

CREATE SEQUENCE case_numbers;

CREATE TABLE cases (
    case_id uuid NOT NULL,
    number text NOT NULL,
    area text COLLATE "C" NOT NULL,
    state text NOT NULL,
    category text NOT NULL,
    channel text NOT NULL,
    urgency text NOT NULL,
    mechanism text NOT NULL,
    scope_class text NOT NULL,
    level text NOT NULL,
    sla_class text NOT NULL,
    words text NOT NULL,
    longitude double precision NOT NULL,
    latitude double precision NOT NULL,
    address text NOT NULL,
    reporter_id uuid,
    is_confidential boolean NOT NULL,
    first_inquiry_by uuid NOT NULL,
    first_handler_by uuid,
    run integer NOT NULL DEFAULT 1,
    hold text,
    review_on date,
    open_orders integer NOT NULL DEFAULT 0,
    departments text[] NOT NULL DEFAULT '{}',
    calls_made integer NOT NULL DEFAULT 0,
    met boolean,
    settled boolean,
    satisfaction text,
    merged_into uuid,
    reported_at timestamptz NOT NULL,
    resolved_at timestamptz,
    closed_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    timeline_length integer NOT NULL,
    timeline_hash bytea NOT NULL,
    -- Copied from dispatch's clock to finish the matter.
    due_at timestamptz,
    CONSTRAINT cases_pkey PRIMARY KEY (case_id),
    CONSTRAINT cases_number_key UNIQUE (number),
    CONSTRAINT cases_state_check CHECK (state IN (
        'received', 'triaged', 'handling', 'resolved', 'checked', 'called_back',
        'closed', 'declined', 'merged', 'withdrawn')),
    CONSTRAINT cases_open_orders_check CHECK (open_orders >= 0),
    CONSTRAINT cases_merged_into_fkey FOREIGN KEY (merged_into) REFERENCES cases (case_id)
);
-- Lists are by the moment of the report: an id may be the client's, made by whatever clock.
CREATE INDEX cases_reported_idx ON cases (reported_at, case_id);
CREATE INDEX cases_area_idx ON cases (area, reported_at, case_id);
CREATE INDEX cases_reporter_idx ON cases (reporter_id, reported_at, case_id) WHERE reporter_id IS NOT NULL;
CREATE INDEX cases_departments_idx ON cases USING gin (departments);

CREATE TABLE timeline (
    case_id uuid NOT NULL,
    position integer NOT NULL,
    action text NOT NULL,
    person_id uuid,
    role text NOT NULL,
    area text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    detail jsonb NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT timeline_pkey PRIMARY KEY (case_id, position)
);

-- The catalogue 事项目录: the newest version of each matter; earlier ones stay for the cases filed under them.
CREATE TABLE matters (
    code text NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    theme text NOT NULL,
    mechanism text NOT NULL,
    scope_class text NOT NULL,
    sla_class text NOT NULL,
    urgency text NOT NULL,
    main_department_kind text,
    supporting_department_kinds text[] NOT NULL,
    filing_standard text NOT NULL,
    closing_standard text NOT NULL,
    is_active boolean NOT NULL,
    is_newest boolean NOT NULL,
    CONSTRAINT matters_pkey PRIMARY KEY (code, version)
);
CREATE UNIQUE INDEX matters_newest_key ON matters (code) WHERE is_newest;

-- The whistles of a case and how far their departments are; a copy fed by dispatch's events.
CREATE TABLE orders (
    order_id uuid NOT NULL,
    case_id uuid NOT NULL,
    run integer NOT NULL,
    kind text NOT NULL,
    departments text[] NOT NULL,
    state text NOT NULL,
    whistled_at timestamptz NOT NULL,
    CONSTRAINT orders_pkey PRIMARY KEY (order_id),
    CONSTRAINT orders_case_fkey FOREIGN KEY (case_id) REFERENCES cases (case_id),
    CONSTRAINT orders_state_check CHECK (state IN ('called', 'open', 'finished', 'closed'))
);
CREATE INDEX orders_case_idx ON orders (case_id);

CREATE TABLE tasks (
    task_id uuid NOT NULL,
    order_id uuid NOT NULL,
    case_id uuid NOT NULL,
    department_id text NOT NULL,
    is_main boolean NOT NULL,
    state text NOT NULL,
    -- Where a task goes back to when its return is rejected.
    is_signed boolean NOT NULL DEFAULT false,
    changed_at timestamptz NOT NULL,
    card text,
    CONSTRAINT tasks_pkey PRIMARY KEY (task_id)
);
CREATE INDEX tasks_case_idx ON tasks (case_id);

-- Copies of registry's nets, posts and departments. A net replaces the one before as a whole.
CREATE TABLE nets (
    area text COLLATE "C" NOT NULL,
    net_version integer NOT NULL,
    area_name text NOT NULL,
    effective_at timestamptz NOT NULL,
    CONSTRAINT nets_pkey PRIMARY KEY (area, net_version)
);

CREATE TABLE grids (
    subdistrict text COLLATE "C" NOT NULL,
    net_version integer NOT NULL,
    code text COLLATE "C" NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    community_name text NOT NULL,
    outline jsonb NOT NULL,
    CONSTRAINT grids_pkey PRIMARY KEY (subdistrict, net_version, code),
    CONSTRAINT grids_net_fkey FOREIGN KEY (subdistrict, net_version)
        REFERENCES nets (area, net_version) ON DELETE CASCADE
);
CREATE INDEX grids_code_idx ON grids (code, net_version);

CREATE TABLE posts (
    post_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    person_id uuid,
    duty_name text,
    duty_phone text,
    -- A vacated post stays as a tombstone, so that an older assignment arriving late is ignored.
    is_held boolean NOT NULL,
    sequence bigint NOT NULL,
    CONSTRAINT posts_pkey PRIMARY KEY (post_id)
);
CREATE INDEX posts_area_idx ON posts (area) WHERE is_held;

CREATE TABLE departments (
    department_id text NOT NULL,
    area text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    is_active boolean NOT NULL,
    sequence bigint NOT NULL,
    CONSTRAINT departments_pkey PRIMARY KEY (department_id)
);
