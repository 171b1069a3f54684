-- depends: 0002_http
-- Orders and tasks, the clocks of every matter, ratings, the working calendar and the limits.

-- The matters dispatch keeps clocks for; a copy fed by the events of cases. Its row is what a case's clocks lock.
CREATE TABLE watched_cases (
    case_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    category text NOT NULL,
    sla_class text NOT NULL,
    urgency text NOT NULL,
    reported_at timestamptz NOT NULL,
    run integer NOT NULL,
    CONSTRAINT watched_cases_pkey PRIMARY KEY (case_id)
);

CREATE TABLE orders (
    order_id uuid NOT NULL,
    case_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    category text NOT NULL,
    sla_class text NOT NULL,
    urgency text NOT NULL,
    longitude double precision NOT NULL,
    latitude double precision NOT NULL,
    caller_id uuid NOT NULL,
    state text NOT NULL,
    opened_at timestamptz NOT NULL,
    finished_at timestamptz,
    version integer NOT NULL,
    CONSTRAINT orders_pkey PRIMARY KEY (order_id),
    CONSTRAINT orders_state_check CHECK (state IN ('open', 'finished', 'closed'))
);
CREATE INDEX orders_case_idx ON orders (case_id);

CREATE TABLE tasks (
    task_id uuid NOT NULL,
    order_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    department_id text COLLATE "C" NOT NULL,
    is_main boolean NOT NULL,
    state text NOT NULL,
    run integer NOT NULL,
    handler_id uuid,
    arrived_longitude double precision,
    arrived_latitude double precision,
    arrived_metres integer,
    reply_words text,
    return_ground text,
    return_words text,
    sent_at timestamptz NOT NULL,
    signed_at timestamptz,
    arrived_at timestamptz,
    replied_at timestamptz,
    finished_at timestamptz,
    CONSTRAINT tasks_pkey PRIMARY KEY (task_id),
    CONSTRAINT tasks_order_fkey FOREIGN KEY (order_id) REFERENCES orders (order_id),
    CONSTRAINT tasks_state_check CHECK (state IN (
        'sent', 'signed', 'assigned', 'arrived', 'replied', 'finished', 'returned', 'closed'))
);
CREATE INDEX tasks_order_idx ON tasks (order_id);
CREATE INDEX tasks_department_idx ON tasks (department_id, task_id);
CREATE INDEX tasks_area_idx ON tasks (area, task_id);

CREATE TABLE clocks (
    clock_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    task_id uuid,
    case_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    department_id text,
    name text NOT NULL,
    run integer NOT NULL,
    state text NOT NULL,
    limit_amount integer NOT NULL,
    limit_unit text NOT NULL,
    started_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    yellow_at timestamptz NOT NULL,
    provisional boolean NOT NULL,
    paused_at timestamptz,
    stopped_at timestamptz,
    next_step text,
    next_step_at timestamptz,
    CONSTRAINT clocks_pkey PRIMARY KEY (clock_id),
    CONSTRAINT clocks_owner_key UNIQUE NULLS NOT DISTINCT (owner_id, task_id, name),
    CONSTRAINT clocks_state_check CHECK (state IN ('running', 'paused', 'stopped'))
);
CREATE INDEX clocks_next_step_idx ON clocks (next_step_at) WHERE next_step_at IS NOT NULL;
CREATE INDEX clocks_case_idx ON clocks (case_id);

-- Every step a clock fired, once: the key holds whatever restarts or replicas do.
CREATE TABLE fired_steps (
    clock_id uuid NOT NULL,
    run integer NOT NULL,
    step text NOT NULL,
    repetition integer NOT NULL,
    due_at timestamptz NOT NULL,
    fired_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT fired_steps_pkey PRIMARY KEY (clock_id, run, step, repetition)
);

CREATE TABLE ratings (
    task_id uuid NOT NULL,
    rater text NOT NULL,
    score integer NOT NULL,
    words text NOT NULL,
    by_person uuid NOT NULL,
    rated_at timestamptz NOT NULL,
    CONSTRAINT ratings_pkey PRIMARY KEY (task_id, rater),
    CONSTRAINT ratings_task_fkey FOREIGN KEY (task_id) REFERENCES tasks (task_id),
    CONSTRAINT ratings_score_check CHECK (score BETWEEN 1 AND 5)
);

CREATE TABLE departments (
    department_id text NOT NULL,
    area text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    is_active boolean NOT NULL,
    sequence bigint NOT NULL,
    CONSTRAINT departments_pkey PRIMARY KEY (department_id)
);

-- The working calendar: dates that differ from "weekdays work", and the years whose arrangement is published.
CREATE TABLE calendar_days (
    day date NOT NULL,
    is_working boolean NOT NULL,
    note text NOT NULL,
    CONSTRAINT calendar_days_pkey PRIMARY KEY (day)
);

CREATE TABLE calendar_years (
    year integer NOT NULL,
    version integer NOT NULL,
    CONSTRAINT calendar_years_pkey PRIMARY KEY (year)
);

CREATE TABLE presets (
    name text NOT NULL,
    is_in_force boolean NOT NULL,
    CONSTRAINT presets_pkey PRIMARY KEY (name)
);
CREATE UNIQUE INDEX presets_in_force_key ON presets (is_in_force) WHERE is_in_force;

CREATE TABLE limits (
    preset text NOT NULL,
    clock text NOT NULL,
    sla_class text NOT NULL,
    urgency text NOT NULL,
    amount integer NOT NULL,
    unit text NOT NULL,
    CONSTRAINT limits_pkey PRIMARY KEY (preset, clock, sla_class, urgency),
    CONSTRAINT limits_preset_fkey FOREIGN KEY (preset) REFERENCES presets (name),
    CONSTRAINT limits_amount_check CHECK (amount > 0)
);
