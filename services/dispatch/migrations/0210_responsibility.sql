-- depends: 0201_dispatch
-- The responsibility list, version by version, and what rulings propose for its next one.

CREATE TABLE responsibility_lists (
    list_id uuid NOT NULL,
    -- A city or a district; empty is the list as delivered, which serves areas without one of their own.
    area text COLLATE "C" NOT NULL,
    number integer NOT NULL,
    state text NOT NULL,
    effective_on date,
    last_resort text NOT NULL,
    version integer NOT NULL DEFAULT 1,
    made_by uuid,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_by uuid,
    published_at timestamptz,
    CONSTRAINT responsibility_lists_pkey PRIMARY KEY (list_id),
    CONSTRAINT responsibility_lists_number_key UNIQUE (area, number),
    CONSTRAINT responsibility_lists_area_check CHECK (length(area) IN (0, 4, 6)),
    CONSTRAINT responsibility_lists_state_check CHECK (
        CASE state WHEN 'draft' THEN effective_on IS NULL WHEN 'published' THEN effective_on IS NOT NULL ELSE false END)
);
CREATE UNIQUE INDEX responsibility_lists_draft_key ON responsibility_lists (area) WHERE state = 'draft';
CREATE INDEX responsibility_lists_force_idx ON responsibility_lists (area, effective_on DESC, number DESC)
    WHERE state = 'published';

CREATE TABLE responsibility_items (
    list_id uuid NOT NULL,
    code text COLLATE "C" NOT NULL,
    name text NOT NULL,
    theme text NOT NULL,
    main text NOT NULL,
    supporting text[] NOT NULL,
    subdistrict_duty text NOT NULL,
    law text NOT NULL,
    procedure text NOT NULL,
    categories text[] NOT NULL,
    CONSTRAINT responsibility_items_pkey PRIMARY KEY (list_id, code),
    CONSTRAINT responsibility_items_list_fkey FOREIGN KEY (list_id)
        REFERENCES responsibility_lists (list_id) ON DELETE CASCADE
);

-- Rulings on what the list does not cover, or not so: proposals for its next version.
CREATE TABLE responsibility_amendments (
    amendment_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    category text NOT NULL,
    reason text NOT NULL,
    order_id uuid NOT NULL,
    task_id uuid NOT NULL,
    item_code text,
    from_department_id text NOT NULL,
    to_department_id text NOT NULL,
    to_unit text,
    state text NOT NULL DEFAULT 'open',
    proposed_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    decided_words text,
    list_id uuid,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT responsibility_amendments_pkey PRIMARY KEY (amendment_id),
    CONSTRAINT responsibility_amendments_reason_check CHECK (reason IN ('not_covered', 'differs')),
    CONSTRAINT responsibility_amendments_state_check CHECK (state IN ('open', 'accepted', 'rejected'))
);
CREATE INDEX responsibility_amendments_area_idx ON responsibility_amendments (area, amendment_id);
CREATE INDEX responsibility_amendments_open_idx ON responsibility_amendments (amendment_id) WHERE state = 'open';

-- Why each department was called, as the list in force said then.
ALTER TABLE tasks ADD COLUMN ground jsonb;
