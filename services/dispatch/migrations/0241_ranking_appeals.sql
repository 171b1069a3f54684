-- depends: 0240_ranking_rows
-- Appeals against single rows of a month's table. A row whose appeal is upheld counts no longer: in a draft when it is
-- computed next, in a frozen table as its next version.

CREATE TABLE ranking_appeals (
    appeal_id uuid NOT NULL,
    -- The table as it was when the organisation appealed; the ruling is about the month, whatever version.
    ranking_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    month text COLLATE "C" NOT NULL,
    organisation_id text COLLATE "C" NOT NULL,
    indicator text NOT NULL,
    -- The task or matter, and what it added then.
    subject uuid NOT NULL,
    points smallint NOT NULL,
    ground text NOT NULL,
    words text NOT NULL,
    state text NOT NULL DEFAULT 'asked',
    asked_by uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    ruled_by uuid,
    ruled_at timestamptz,
    ruling_words text,
    -- The newest table it was left out of.
    left_out_of uuid,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT ranking_appeals_pkey PRIMARY KEY (appeal_id),
    CONSTRAINT ranking_appeals_once_key UNIQUE (area, kind, month, organisation_id, indicator, subject),
    CONSTRAINT ranking_appeals_ranking_fkey FOREIGN KEY (ranking_id) REFERENCES rankings (ranking_id),
    CONSTRAINT ranking_appeals_state_check CHECK (state IN ('asked', 'upheld', 'rejected'))
);
CREATE INDEX ranking_appeals_area_idx ON ranking_appeals (area, appeal_id);
CREATE INDEX ranking_appeals_organisation_idx ON ranking_appeals (organisation_id, appeal_id);
CREATE INDEX ranking_appeals_upheld_idx ON ranking_appeals (area, kind, month) WHERE state = 'upheld';
