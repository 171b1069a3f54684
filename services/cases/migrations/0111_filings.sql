-- depends: 0110_catalogue
-- How a matter came in: found where, filed by which outside system under which number, on behalf of whom.

CREATE TABLE filings (
    case_id uuid NOT NULL,
    filed_at timestamptz NOT NULL,
    -- The record of the visit, patrol or meeting it was found on.
    origin_kind text,
    origin_id uuid,
    -- The number the matter has elsewhere, such as the order of the 12345 hotline.
    outside_number text,
    -- The outside system that filed it; nobody where a person typed the number.
    integrator_id uuid,
    CONSTRAINT filings_pkey PRIMARY KEY (case_id),
    CONSTRAINT filings_case_fkey FOREIGN KEY (case_id) REFERENCES cases (case_id),
    CONSTRAINT filings_outside_key UNIQUE (integrator_id, outside_number)
);
CREATE INDEX filings_integrator_idx ON filings (integrator_id, filed_at, case_id) WHERE integrator_id IS NOT NULL;
CREATE INDEX filings_origin_idx ON filings (origin_kind, origin_id) WHERE origin_id IS NOT NULL;

-- People a matter was filed on behalf of. Name and phone are encrypted; erased some time after the matter ended.
CREATE TABLE callers (
    case_id uuid NOT NULL,
    filed_at timestamptz NOT NULL,
    name bytea,
    phone bytea,
    phone_index bytea,
    erased_at timestamptz,
    CONSTRAINT callers_pkey PRIMARY KEY (case_id),
    CONSTRAINT callers_case_fkey FOREIGN KEY (case_id) REFERENCES cases (case_id)
);
CREATE INDEX callers_phone_idx ON callers (phone_index) WHERE phone_index IS NOT NULL;
CREATE INDEX callers_kept_idx ON callers (filed_at, case_id) WHERE erased_at IS NULL;

-- Who read a caller's name or phone, and why.
CREATE TABLE caller_unmaskings (
    unmasking_id uuid NOT NULL,
    case_id uuid NOT NULL,
    fields text[] NOT NULL,
    reason text NOT NULL,
    person_id uuid NOT NULL,
    role text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT caller_unmaskings_pkey PRIMARY KEY (unmasking_id),
    CONSTRAINT caller_unmaskings_case_fkey FOREIGN KEY (case_id) REFERENCES cases (case_id)
);
CREATE INDEX caller_unmaskings_case_idx ON caller_unmaskings (case_id, at);
