-- depends: 0141_holding
-- The notice board 民情告示栏: matters of general concern and their progress, in the officers' own words.

CREATE TABLE notices (
    notice_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    title text NOT NULL,
    words text NOT NULL,
    state text NOT NULL,
    -- Shown by its state only.
    case_id uuid,
    written_by uuid NOT NULL,
    written_at timestamptz NOT NULL,
    published_at timestamptz,
    ended_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT notices_pkey PRIMARY KEY (notice_id),
    CONSTRAINT notices_state_check CHECK (state IN ('draft', 'published', 'ended')),
    CONSTRAINT notices_case_fkey FOREIGN KEY (case_id) REFERENCES cases (case_id)
);
CREATE INDEX notices_board_idx ON notices (published_at DESC, notice_id DESC) WHERE published_at IS NOT NULL;
CREATE INDEX notices_area_idx ON notices (area, published_at, notice_id);
CREATE INDEX notices_written_idx ON notices (written_at, notice_id);

CREATE TABLE notice_progress (
    notice_id uuid NOT NULL,
    number integer NOT NULL,
    words text NOT NULL,
    written_by uuid NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT notice_progress_pkey PRIMARY KEY (notice_id, number),
    CONSTRAINT notice_progress_notice_fkey FOREIGN KEY (notice_id) REFERENCES notices (notice_id)
);
