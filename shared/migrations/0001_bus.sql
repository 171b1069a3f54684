-- The message bus in a service's own database: what goes out, what came in, what is set aside.

-- The last number given to each subject. Its row lock makes writers of one subject follow each other up to
-- their commits, so that events of a subject become visible in the order of their numbers.
CREATE TABLE outbox_sequences (
    subject text COLLATE "C" NOT NULL,
    last bigint NOT NULL,
    CONSTRAINT outbox_sequences_pkey PRIMARY KEY (subject)
) WITH (fillfactor = 80);

-- Events written with the change that caused them; the relay sends them. Sent rows stay for a week.
CREATE TABLE outbox (
    id uuid NOT NULL,
    subject text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    type text NOT NULL,
    routing_key text NOT NULL,
    area text NOT NULL,
    time timestamptz NOT NULL,
    traceparent text,
    -- As text in a json column: the relay copies it into the envelope unread.
    data json NOT NULL,
    -- Refused by the broker so many times, and not tried again before `retry_at`.
    refusals integer NOT NULL DEFAULT 0,
    retry_at timestamptz,
    sent_at timestamptz,
    CONSTRAINT outbox_pkey PRIMARY KEY (id),
    CONSTRAINT outbox_subject_sequence_key UNIQUE (subject, sequence)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);

CREATE INDEX outbox_unsent_idx ON outbox (subject, sequence) WHERE sent_at IS NULL;

-- Ids of the events this service has taken in, for 30 days: longer than any redelivery.
-- Ids are UUIDv7, so a range of ids is a span of time. An id whose time has no partition goes to the default.
CREATE TABLE inbox (
    id uuid NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT inbox_pkey PRIMARY KEY (id)
) PARTITION BY RANGE (id);

CREATE TABLE inbox_other PARTITION OF inbox DEFAULT;

-- Makes the partition for ids from `lower` up to `upper`, taking over what the default holds of them.
CREATE FUNCTION inbox_add_partition(name text, lower uuid, upper uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE %I (LIKE inbox INCLUDING DEFAULTS INCLUDING INDEXES)', name);
    EXECUTE format(
        'WITH moved AS (DELETE FROM inbox_other WHERE id >= %L AND id < %L RETURNING id, received_at) '
        'INSERT INTO %I (id, received_at) SELECT id, received_at FROM moved',
        lower, upper, name
    );
    EXECUTE format('ALTER TABLE inbox ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, lower, upper);
END
$$;

-- Drops a partition unless something in it was received since; answers whether it did.
CREATE FUNCTION inbox_drop_partition(name text, received_before timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    needed boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE received_at >= %L)', name, received_before) INTO needed;
    IF NOT needed THEN
        EXECUTE format('DROP TABLE %I', name);
    END IF;
    RETURN NOT needed;
END
$$;

-- Events set aside because a handler failed, because an earlier one of their subject waits here, or because
-- nobody could read them. `key` is their order.
CREATE TABLE parked (
    key bigint GENERATED ALWAYS AS IDENTITY,
    -- waiting: retried by itself, first of its subject first. dead: all tries used up. undecodable: raw bytes.
    state text NOT NULL,
    source text COLLATE "C",
    subject text COLLATE "C",
    event_id uuid,
    type text,
    -- A copy (read model) is applied by sequence and does not wait behind a dead event.
    copy boolean NOT NULL DEFAULT false,
    reason text NOT NULL,
    body bytea NOT NULL,
    tries integer NOT NULL DEFAULT 0,
    retry_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    parked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT parked_pkey PRIMARY KEY (key),
    CONSTRAINT parked_state_check CHECK (state IN ('waiting', 'dead', 'undecodable')),
    CONSTRAINT parked_subject_check CHECK ((state = 'undecodable') = (source IS NULL OR subject IS NULL))
);

CREATE INDEX parked_subject_idx ON parked (source, subject, key) WHERE source IS NOT NULL;
CREATE INDEX parked_waiting_copy_idx ON parked (source, subject, key) WHERE copy AND state = 'waiting';
-- The same unreadable bytes, delivered again, are kept once.
CREATE UNIQUE INDEX parked_undecodable_key ON parked (sha256(body)) WHERE state = 'undecodable';
CREATE INDEX parked_state_idx ON parked (state, key);

-- What people did with parked events.
CREATE TABLE parked_audit (
    id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    action text NOT NULL,
    by text NOT NULL,
    key bigint NOT NULL,
    state text NOT NULL,
    source text,
    subject text,
    event_id uuid,
    type text,
    reason text NOT NULL,
    body bytea NOT NULL,
    CONSTRAINT parked_audit_pkey PRIMARY KEY (id),
    CONSTRAINT parked_audit_action_check CHECK (action IN ('redrive', 'drop'))
);
