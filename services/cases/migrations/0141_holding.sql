-- depends: 0140_hearing
-- Requests to put a matter off, and what came of them.

CREATE TABLE holds (
    hold_id uuid NOT NULL,
    case_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    hold text NOT NULL,
    reason text NOT NULL,
    review_on date NOT NULL,
    state text NOT NULL,
    asked_by uuid,
    asked_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    renewals integer NOT NULL DEFAULT 0,
    missed_at timestamptz,
    CONSTRAINT holds_pkey PRIMARY KEY (hold_id),
    CONSTRAINT holds_hold_check CHECK (hold IN ('deferred', 'listed')),
    CONSTRAINT holds_state_check CHECK (state IN ('asked', 'active', 'refused', 'ended')),
    CONSTRAINT holds_case_fkey FOREIGN KEY (case_id) REFERENCES cases (case_id)
);
CREATE UNIQUE INDEX holds_standing_key ON holds (case_id) WHERE state IN ('asked', 'active');
CREATE INDEX holds_review_idx ON holds (state, review_on, hold_id) WHERE state IN ('asked', 'active');
CREATE INDEX holds_area_idx ON holds (area, review_on, hold_id) WHERE state IN ('asked', 'active');

-- What was put off before requests were kept.
INSERT INTO holds (hold_id, case_id, area, hold, reason, review_on, state, asked_at)
SELECT gen_random_uuid(), case_id, area, hold, '', COALESCE(review_on, current_date), 'active', now()
FROM cases WHERE hold IS NOT NULL;
