-- depends: 0211_tasks
-- Duty rosters, who was asked to answer for a task, the people dispatch has met, and their notices.

-- The unit is a department, or the code of a subdistrict or district (its own desk).
CREATE TABLE duty_shifts (
    shift_id uuid NOT NULL,
    unit text COLLATE "C" NOT NULL,
    area text COLLATE "C" NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    first_person uuid NOT NULL,
    -- Published duty contacts, as on the door of the office.
    first_name text NOT NULL,
    first_phone text NOT NULL,
    next_person uuid,
    next_name text,
    next_phone text,
    made_by uuid NOT NULL,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT duty_shifts_pkey PRIMARY KEY (shift_id),
    CONSTRAINT duty_shifts_time_check CHECK (starts_at < ends_at),
    CONSTRAINT duty_shifts_next_check CHECK (
        (next_person IS NULL) = (next_name IS NULL) AND next_person IS DISTINCT FROM first_person),
    -- A unit's shifts do not overlap. The unit stands here as a range of its hash, because ranges need no extension.
    CONSTRAINT duty_shifts_overlap_excl EXCLUDE USING gist (
        int8range(hashtextextended(unit, 0) >> 1, hashtextextended(unit, 0) >> 1, '[]') WITH &&,
        tstzrange(starts_at, ends_at) WITH &&)
);
CREATE INDEX duty_shifts_unit_idx ON duty_shifts (unit, starts_at);

-- Who was asked to sign for a task, one after the other; `pass_at` is when the next in line is asked.
CREATE TABLE task_duties (
    task_id uuid NOT NULL,
    run integer NOT NULL,
    position integer NOT NULL,
    person_id uuid,
    given_at timestamptz NOT NULL,
    pass_at timestamptz,
    CONSTRAINT task_duties_pkey PRIMARY KEY (task_id, run, position),
    CONSTRAINT task_duties_task_fkey FOREIGN KEY (task_id) REFERENCES tasks (task_id)
);
CREATE INDEX task_duties_pass_idx ON task_duties (pass_at) WHERE pass_at IS NOT NULL;

-- People dispatch has met: those on a roster, and staff who used it, with what their token said.
CREATE TABLE known_people (
    person_id uuid NOT NULL,
    roles text[] NOT NULL,
    areas text[] NOT NULL,
    department_id text COLLATE "C",
    seen_on date NOT NULL,
    CONSTRAINT known_people_pkey PRIMARY KEY (person_id)
);
CREATE INDEX known_people_department_idx ON known_people (department_id) WHERE department_id IS NOT NULL;
CREATE INDEX known_people_supervisor_idx ON known_people (person_id) WHERE 'supervisor' = ANY (roles);

-- Own events that somebody must be told of; drained by the worker. Filled below, in the transaction of the event.
CREATE TABLE heard (
    key bigint GENERATED ALWAYS AS IDENTITY,
    type text NOT NULL,
    time timestamptz NOT NULL,
    data jsonb NOT NULL,
    CONSTRAINT heard_pkey PRIMARY KEY (key)
);

CREATE FUNCTION hear_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO heard (type, time, data)
    SELECT split_part(type, '.', 3), time, data::jsonb FROM added
    WHERE type IN (
        'yiwang.dispatch.task_sent.v1', 'yiwang.dispatch.task_assigned.v1', 'yiwang.dispatch.task_replied.v1',
        'yiwang.dispatch.task_reply_sent_back.v1', 'yiwang.dispatch.task_returned.v1',
        'yiwang.dispatch.task_redirected.v1', 'yiwang.dispatch.task_passed_on.v1',
        'yiwang.dispatch.card_shown.v1', 'yiwang.dispatch.supervision_ordered.v1',
        'yiwang.dispatch.order_finished.v1', 'yiwang.dispatch.rating_given.v1');
    RETURN NULL;
END
$$;
CREATE TRIGGER outbox_heard AFTER INSERT ON outbox REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION hear_outbox();

CREATE TABLE notices (
    notice_id uuid NOT NULL,
    person_id uuid NOT NULL,
    kind text NOT NULL,
    -- What it is about, so that nobody is told the same thing twice.
    cause text COLLATE "C" NOT NULL,
    area text COLLATE "C" NOT NULL,
    urgency text NOT NULL,
    order_id uuid,
    task_id uuid,
    case_id uuid NOT NULL,
    title text NOT NULL,
    words text NOT NULL,
    made_at timestamptz NOT NULL,
    read_at timestamptz,
    CONSTRAINT notices_pkey PRIMARY KEY (notice_id),
    CONSTRAINT notices_cause_key UNIQUE (person_id, cause)
);
CREATE INDEX notices_person_idx ON notices (person_id, notice_id);
CREATE INDEX notices_unread_idx ON notices (person_id, notice_id) WHERE read_at IS NULL;

-- The same on its way to SMS, WeCom and the like.
CREATE TABLE notice_deliveries (
    notice_id uuid NOT NULL,
    state text NOT NULL DEFAULT 'waiting',
    next_try_at timestamptz,
    tries integer NOT NULL DEFAULT 0,
    last_error text,
    ended_at timestamptz,
    CONSTRAINT notice_deliveries_pkey PRIMARY KEY (notice_id),
    CONSTRAINT notice_deliveries_notice_fkey FOREIGN KEY (notice_id)
        REFERENCES notices (notice_id) ON DELETE CASCADE,
    CONSTRAINT notice_deliveries_state_check CHECK (
        CASE state WHEN 'waiting' THEN next_try_at IS NOT NULL
            WHEN 'sent' THEN next_try_at IS NULL WHEN 'stored' THEN next_try_at IS NULL
            WHEN 'dead' THEN next_try_at IS NULL ELSE false END)
);
CREATE INDEX notice_deliveries_due_idx ON notice_deliveries (next_try_at) WHERE state = 'waiting';
CREATE INDEX notice_deliveries_state_idx ON notice_deliveries (state, notice_id) WHERE state <> 'sent';
CREATE INDEX notices_made_idx ON notices (made_at);
