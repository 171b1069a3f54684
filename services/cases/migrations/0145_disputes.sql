-- depends: 0144_meetings
-- Dispute mediation 矛盾调处: parties sealed, sessions with several mediators and departments, agreement or failure.

CREATE TABLE disputes (
    dispute_id uuid NOT NULL,
    -- The matter it is about; it climbs with it.
    case_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    state text NOT NULL,
    mediators uuid[] NOT NULL,
    departments text[] NOT NULL,
    opened_by uuid NOT NULL,
    opened_at timestamptz NOT NULL,
    -- Sealed: shared/personal.py.
    agreement bytea,
    perform_by date,
    ended_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT disputes_pkey PRIMARY KEY (dispute_id),
    CONSTRAINT disputes_state_check CHECK (state IN ('open', 'agreed', 'failed', 'withdrawn')),
    CONSTRAINT disputes_case_fkey FOREIGN KEY (case_id) REFERENCES cases (case_id)
);
CREATE UNIQUE INDEX disputes_open_key ON disputes (case_id) WHERE state = 'open';
CREATE INDEX disputes_area_idx ON disputes (area, opened_at, dispute_id);
CREATE INDEX disputes_opened_idx ON disputes (opened_at, dispute_id);

CREATE TABLE dispute_parties (
    party_id uuid NOT NULL,
    dispute_id uuid NOT NULL,
    side text NOT NULL,
    name bytea NOT NULL,
    phone bytea,
    CONSTRAINT dispute_parties_pkey PRIMARY KEY (party_id),
    CONSTRAINT dispute_parties_side_check CHECK (side IN ('applicant', 'respondent', 'other')),
    CONSTRAINT dispute_parties_dispute_fkey FOREIGN KEY (dispute_id) REFERENCES disputes (dispute_id)
);
CREATE INDEX dispute_parties_dispute_idx ON dispute_parties (dispute_id);

CREATE TABLE mediation_sessions (
    session_id uuid NOT NULL,
    dispute_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    is_online boolean NOT NULL,
    room text NOT NULL,
    state text NOT NULL,
    -- Sealed: what parties said of each other.
    record bytea,
    ended_at timestamptz,
    CONSTRAINT mediation_sessions_pkey PRIMARY KEY (session_id),
    CONSTRAINT mediation_sessions_state_check CHECK (state IN ('planned', 'held', 'cancelled')),
    CONSTRAINT mediation_sessions_dispute_fkey FOREIGN KEY (dispute_id) REFERENCES disputes (dispute_id)
);
CREATE INDEX mediation_sessions_dispute_idx ON mediation_sessions (dispute_id, starts_at);
