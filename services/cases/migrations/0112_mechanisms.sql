-- depends: 0111_filings
-- What the handling mechanisms ask for beside the steps of a matter: documents, discussion, an answer to the resident.

-- How many documents an approval still lacks; it cannot be resolved before none is.
ALTER TABLE cases ADD COLUMN documents_missing integer NOT NULL DEFAULT 0
    CONSTRAINT cases_documents_missing_check CHECK (documents_missing >= 0);
-- Whose matters are handled within another one.
CREATE INDEX cases_merged_into_idx ON cases (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE case_documents (
    case_id uuid NOT NULL,
    position integer NOT NULL,
    name text NOT NULL,
    state text NOT NULL DEFAULT 'missing',
    -- What was said when it was taken in, waived or given back.
    words text,
    changed_by uuid,
    changed_at timestamptz NOT NULL,
    CONSTRAINT case_documents_pkey PRIMARY KEY (case_id, position),
    CONSTRAINT case_documents_name_key UNIQUE (case_id, name),
    CONSTRAINT case_documents_case_fkey FOREIGN KEY (case_id) REFERENCES cases (case_id),
    CONSTRAINT case_documents_state_check CHECK (state IN ('missing', 'received', 'waived'))
);

-- Matters taken back to the community for discussion 协调性.
CREATE TABLE discussions (
    discussion_id uuid NOT NULL DEFAULT gen_random_uuid(),
    case_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    state text NOT NULL DEFAULT 'open',
    opened_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT discussions_pkey PRIMARY KEY (discussion_id),
    CONSTRAINT discussions_case_key UNIQUE (case_id),
    CONSTRAINT discussions_case_fkey FOREIGN KEY (case_id) REFERENCES cases (case_id),
    CONSTRAINT discussions_state_check CHECK (state IN ('open', 'held', 'dropped'))
);
CREATE INDEX discussions_area_idx ON discussions (state, area, opened_at, discussion_id);

-- The default task of the grid lead: to tell whoever reported a matter what came of it.
CREATE TABLE tellings (
    telling_id uuid NOT NULL DEFAULT gen_random_uuid(),
    -- Whose reporter is told.
    case_id uuid NOT NULL,
    -- Of which matter: another one where theirs was merged.
    about_case_id uuid NOT NULL,
    run integer NOT NULL,
    kind text NOT NULL,
    area text COLLATE "C" NOT NULL,
    state text NOT NULL DEFAULT 'open',
    opened_at timestamptz NOT NULL,
    ended_at timestamptz,
    told_by uuid,
    how text,
    words text,
    CONSTRAINT tellings_pkey PRIMARY KEY (telling_id),
    CONSTRAINT tellings_once_key UNIQUE (case_id, about_case_id, run, kind),
    CONSTRAINT tellings_case_fkey FOREIGN KEY (case_id) REFERENCES cases (case_id),
    CONSTRAINT tellings_about_fkey FOREIGN KEY (about_case_id) REFERENCES cases (case_id),
    CONSTRAINT tellings_kind_check CHECK (kind IN ('resolved', 'declined')),
    CONSTRAINT tellings_state_check CHECK (state IN ('open', 'told', 'dropped'))
);
CREATE INDEX tellings_area_idx ON tellings (state, area, opened_at, telling_id);
CREATE INDEX tellings_about_idx ON tellings (about_case_id) WHERE state = 'open';
