-- depends: 0101_cases
-- Who must check or call by when, what came of each handling, removals, and the deployment's rules for them.

CREATE TABLE hearing_rules (
    version integer NOT NULL,
    tries integer NOT NULL,
    hours_between_tries integer NOT NULL,
    call_from time NOT NULL,
    call_until time NOT NULL,
    claim_minutes integer NOT NULL,
    check_hours integer NOT NULL,
    call_back_hours integer NOT NULL,
    tell_hours integer NOT NULL,
    answer_days integer NOT NULL,
    rate_set text NOT NULL,
    deferral_days integer NOT NULL,
    listing_days integer NOT NULL,
    set_by uuid,
    set_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT hearing_rules_pkey PRIMARY KEY (version),
    CONSTRAINT hearing_rules_day_check CHECK (call_from < call_until)
);
INSERT INTO hearing_rules (version, tries, hours_between_tries, call_from, call_until, claim_minutes, check_hours,
    call_back_hours, tell_hours, answer_days, rate_set, deferral_days, listing_days)
VALUES (1, 3, 4, '08:00', '21:00', 30, 24, 72, 24, 30, 'three_rates', 30, 180);

-- Copied from dispatch's clock to call back; the limit of a call-back wherever there is one.
ALTER TABLE cases ADD COLUMN call_back_due_at timestamptz;
-- What dispatch decided about more time for the present handling.
ALTER TABLE cases ADD COLUMN extensions integer NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN extensions_refused integer NOT NULL DEFAULT 0;

CREATE TABLE hearings (
    hearing_id uuid NOT NULL,
    case_id uuid NOT NULL,
    run integer NOT NULL,
    kind text NOT NULL,
    area text COLLATE "C" NOT NULL,
    is_open boolean NOT NULL DEFAULT true,
    opened_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    ready_at timestamptz NOT NULL,
    claimed_by uuid,
    claimed_until timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    ended_at timestamptz,
    CONSTRAINT hearings_pkey PRIMARY KEY (hearing_id),
    CONSTRAINT hearings_run_key UNIQUE (case_id, run, kind),
    CONSTRAINT hearings_kind_check CHECK (kind IN ('check', 'call_back', 'tell')),
    CONSTRAINT hearings_case_fkey FOREIGN KEY (case_id) REFERENCES cases (case_id)
);
CREATE INDEX hearings_due_idx ON hearings (due_at, hearing_id) WHERE is_open;
CREATE INDEX hearings_area_idx ON hearings (area, due_at, hearing_id) WHERE is_open;
CREATE INDEX hearings_case_idx ON hearings (case_id) WHERE is_open;
-- Finds matters that wait for a check or a call-back without being in the queue.
CREATE INDEX cases_unheard_idx ON cases (state, case_id) WHERE state IN ('resolved', 'checked');

CREATE TABLE hearing_attempts (
    hearing_id uuid NOT NULL,
    number integer NOT NULL,
    person_id uuid,
    role text NOT NULL,
    at timestamptz NOT NULL,
    outcome text NOT NULL,
    words text NOT NULL,
    next_at timestamptz NOT NULL,
    CONSTRAINT hearing_attempts_pkey PRIMARY KEY (hearing_id, number),
    CONSTRAINT hearing_attempts_hearing_fkey FOREIGN KEY (hearing_id) REFERENCES hearings (hearing_id)
);

-- What came of each handling of a matter; a rework begins the next and changes nothing in the one before.
CREATE TABLE handlings (
    case_id uuid NOT NULL,
    run integer NOT NULL,
    began_at timestamptz,
    resolved_at timestamptz,
    resolved_by text,
    checked_at timestamptz,
    passed boolean,
    calls integer NOT NULL DEFAULT 0,
    answered_at timestamptz,
    met boolean,
    settled boolean,
    satisfaction text,
    ended_at timestamptz,
    ended_as text,
    CONSTRAINT handlings_pkey PRIMARY KEY (case_id, run),
    CONSTRAINT handlings_case_fkey FOREIGN KEY (case_id) REFERENCES cases (case_id)
);

CREATE TABLE removals (
    removal_id uuid NOT NULL,
    case_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    department_id text NOT NULL,
    month text NOT NULL,
    ground text NOT NULL,
    words text NOT NULL,
    state text NOT NULL,
    asked_by uuid,
    asked_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    decision_words text NOT NULL DEFAULT '',
    CONSTRAINT removals_pkey PRIMARY KEY (removal_id),
    CONSTRAINT removals_state_check CHECK (state IN ('asked', 'granted', 'refused')),
    CONSTRAINT removals_case_fkey FOREIGN KEY (case_id) REFERENCES cases (case_id)
);
CREATE UNIQUE INDEX removals_standing_key ON removals (case_id, department_id) WHERE state IN ('asked', 'granted');
CREATE INDEX removals_queue_idx ON removals (asked_at, removal_id);
CREATE INDEX removals_area_idx ON removals (area, asked_at, removal_id);
CREATE INDEX removals_department_idx ON removals (department_id, asked_at, removal_id);

-- Months whose ranking dispatch has frozen, by the area ranked.
CREATE TABLE frozen_months (
    area text COLLATE "C" NOT NULL,
    month text NOT NULL,
    CONSTRAINT frozen_months_pkey PRIMARY KEY (area, month)
);
