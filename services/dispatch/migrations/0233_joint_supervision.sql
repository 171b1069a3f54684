-- depends: 0232_rankings
-- The ladder of organisations: proposals after a frozen table, joint supervision, and what was passed on.

CREATE TABLE supervision_proposals (
    proposal_id uuid NOT NULL,
    ranking_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    month text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    organisation_id text COLLATE "C" NOT NULL,
    grounds text[] NOT NULL,
    state text NOT NULL DEFAULT 'proposed',
    proposed_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    decided_words text,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT supervision_proposals_pkey PRIMARY KEY (proposal_id),
    CONSTRAINT supervision_proposals_once_key UNIQUE (ranking_id, organisation_id),
    CONSTRAINT supervision_proposals_ranking_fkey FOREIGN KEY (ranking_id) REFERENCES rankings (ranking_id),
    CONSTRAINT supervision_proposals_state_check CHECK (state IN ('proposed', 'opened', 'dismissed', 'superseded'))
);
CREATE INDEX supervision_proposals_area_idx ON supervision_proposals (area, proposal_id);

CREATE TABLE joint_supervisions (
    supervision_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    ranking_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    organisation_id text COLLATE "C" NOT NULL,
    words text NOT NULL,
    rectify_on date NOT NULL,
    state text NOT NULL,
    opened_by uuid NOT NULL,
    opened_at timestamptz NOT NULL,
    is_rectified boolean,
    closing_words text,
    closed_by uuid,
    closed_at timestamptz,
    version integer NOT NULL,
    CONSTRAINT joint_supervisions_pkey PRIMARY KEY (supervision_id),
    CONSTRAINT joint_supervisions_proposal_key UNIQUE (proposal_id),
    CONSTRAINT joint_supervisions_proposal_fkey FOREIGN KEY (proposal_id)
        REFERENCES supervision_proposals (proposal_id),
    CONSTRAINT joint_supervisions_state_check CHECK (state IN ('open', 'closed'))
);
CREATE INDEX joint_supervisions_area_idx ON joint_supervisions (area, supervision_id);
CREATE INDEX joint_supervisions_organisation_idx ON joint_supervisions (organisation_id, supervision_id);

CREATE TABLE joint_supervision_progress (
    supervision_id uuid NOT NULL,
    position integer NOT NULL,
    words text NOT NULL,
    rectify_on date NOT NULL,
    by_person uuid NOT NULL,
    by_department text,
    at timestamptz NOT NULL,
    CONSTRAINT joint_supervision_progress_pkey PRIMARY KEY (supervision_id, position),
    CONSTRAINT joint_supervision_progress_fkey FOREIGN KEY (supervision_id)
        REFERENCES joint_supervisions (supervision_id)
);

-- Long-run low ranks a person passed on, and what came of it; recorded, never fired by the system.
CREATE TABLE referrals (
    referral_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    organisation_id text COLLATE "C" NOT NULL,
    passed_to text NOT NULL,
    words text NOT NULL,
    passed_by uuid NOT NULL,
    passed_at timestamptz NOT NULL,
    interviewed_on date,
    interview_words text,
    noticed_on date,
    notice_words text,
    version integer NOT NULL,
    CONSTRAINT referrals_pkey PRIMARY KEY (referral_id),
    CONSTRAINT referrals_once_key UNIQUE (proposal_id, passed_to),
    CONSTRAINT referrals_proposal_fkey FOREIGN KEY (proposal_id) REFERENCES supervision_proposals (proposal_id),
    CONSTRAINT referrals_to_check CHECK (passed_to IN ('discipline', 'organisation'))
);
CREATE INDEX referrals_area_idx ON referrals (area, referral_id);
