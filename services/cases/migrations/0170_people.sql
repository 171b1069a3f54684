-- depends: 0145_disputes
-- Who may be named in meetings, mediation and appointments: a copy of whom registry gave work; and what carries over.

CREATE TABLE staff (
    person_id uuid NOT NULL,
    roles text[] NOT NULL,
    areas text[] COLLATE "C" NOT NULL,
    department_id text,
    is_active boolean NOT NULL,
    sequence bigint NOT NULL,
    CONSTRAINT staff_pkey PRIMARY KEY (person_id)
);
-- Who holds a post may be named too, with or without an account.
CREATE INDEX posts_person_idx ON posts (person_id) WHERE is_held;

ALTER TABLE meeting_items
    -- The point of an earlier meeting, left undecided there, that this one takes up again.
    ADD COLUMN carried_from uuid;
CREATE UNIQUE INDEX meeting_items_carried_key ON meeting_items (carried_from) WHERE carried_from IS NOT NULL;
CREATE INDEX meetings_over_idx ON meetings (area, kind, starts_at) WHERE state <> 'planned';

-- When the names, numbers and addresses of people in it were forgotten.
ALTER TABLE appointments ADD COLUMN erased_at timestamptz;
CREATE INDEX appointments_kept_idx ON appointments (ended_at, appointment_id)
    WHERE ended_at IS NOT NULL AND erased_at IS NULL;
ALTER TABLE disputes ADD COLUMN erased_at timestamptz;
CREATE INDEX disputes_kept_idx ON disputes (ended_at, dispute_id) WHERE ended_at IS NOT NULL AND erased_at IS NULL;
