-- depends: 0142_notices
-- The five modes of service 上门、预约、代办、错时、打包, with appointed times; and who opened sealed numbers.

CREATE TABLE appointments (
    appointment_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    mode text NOT NULL,
    items text[] NOT NULL,
    words text NOT NULL,
    -- Sealed: shared/personal.py.
    address bytea NOT NULL,
    phone bytea,
    resident_id uuid,
    asked_by uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    wanted_from timestamptz,
    wanted_until timestamptz,
    state text NOT NULL,
    worker_id uuid,
    starts_at timestamptz,
    ends_at timestamptz,
    outcome text NOT NULL DEFAULT '',
    ended_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT appointments_pkey PRIMARY KEY (appointment_id),
    CONSTRAINT appointments_mode_check CHECK (mode IN (
        'at_home', 'by_appointment', 'on_behalf', 'off_hours', 'bundled')),
    CONSTRAINT appointments_state_check CHECK (state IN (
        'asked', 'appointed', 'kept', 'missed', 'cancelled')),
    CONSTRAINT appointments_time_check CHECK (starts_at < ends_at)
);
CREATE INDEX appointments_area_idx ON appointments (area, asked_at, appointment_id);
CREATE INDEX appointments_asked_idx ON appointments (asked_at, appointment_id);
CREATE INDEX appointments_resident_idx ON appointments (resident_id, asked_at, appointment_id);
CREATE INDEX appointments_worker_idx ON appointments (worker_id, starts_at) WHERE state = 'appointed';

CREATE TABLE unmaskings (
    unmasking_id uuid NOT NULL,
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    person_id uuid NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT unmaskings_pkey PRIMARY KEY (unmasking_id)
);
CREATE INDEX unmaskings_subject_idx ON unmaskings (subject_id, at);
