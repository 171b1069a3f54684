-- depends: 0143_appointments
-- Meetings of every kind, their agenda, who came, and the projects they agreed on.

CREATE TABLE meetings (
    meeting_id uuid NOT NULL,
    kind text NOT NULL,
    area text COLLATE "C" NOT NULL,
    title text NOT NULL,
    room text NOT NULL,
    is_online boolean NOT NULL,
    starts_at timestamptz NOT NULL,
    chair_id uuid NOT NULL,
    state text NOT NULL,
    -- Residents who came are counted, not named.
    residents_present integer NOT NULL DEFAULT 0,
    minutes text NOT NULL DEFAULT '',
    ended_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT meetings_pkey PRIMARY KEY (meeting_id),
    CONSTRAINT meetings_kind_check CHECK (kind IN (
        'residents', 'workers', 'public_concerns', 'four_parties')),
    CONSTRAINT meetings_state_check CHECK (state IN ('planned', 'held', 'cancelled'))
);
CREATE INDEX meetings_area_idx ON meetings (area, starts_at, meeting_id);
CREATE INDEX meetings_starts_idx ON meetings (starts_at, meeting_id);

CREATE TABLE meeting_people (
    meeting_id uuid NOT NULL,
    person_id uuid NOT NULL,
    capacity text NOT NULL,
    presence text NOT NULL,
    reason text NOT NULL,
    CONSTRAINT meeting_people_pkey PRIMARY KEY (meeting_id, person_id),
    CONSTRAINT meeting_people_meeting_fkey FOREIGN KEY (meeting_id) REFERENCES meetings (meeting_id)
);
CREATE INDEX meeting_people_person_idx ON meeting_people (person_id, meeting_id);

-- 项目服务清单: what a meeting agreed on, with somebody who does it and somebody who watches.
CREATE SEQUENCE project_numbers;
CREATE TABLE projects (
    project_id uuid NOT NULL,
    number bigint NOT NULL DEFAULT nextval('project_numbers'),
    meeting_id uuid NOT NULL,
    kind text NOT NULL,
    area text COLLATE "C" NOT NULL,
    title text NOT NULL,
    owner_id uuid NOT NULL,
    watcher_id uuid NOT NULL,
    due_on date NOT NULL,
    state text NOT NULL,
    agreed_at timestamptz NOT NULL,
    ended_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT projects_pkey PRIMARY KEY (project_id),
    CONSTRAINT projects_number_key UNIQUE (number),
    CONSTRAINT projects_state_check CHECK (state IN ('planned', 'doing', 'done', 'dropped')),
    CONSTRAINT projects_watched_check CHECK (owner_id <> watcher_id),
    CONSTRAINT projects_meeting_fkey FOREIGN KEY (meeting_id) REFERENCES meetings (meeting_id)
);
CREATE INDEX projects_area_idx ON projects (area, due_on, project_id);
CREATE INDEX projects_due_idx ON projects (due_on, project_id);
CREATE INDEX projects_owner_idx ON projects (owner_id, due_on, project_id);
CREATE INDEX projects_watcher_idx ON projects (watcher_id, due_on, project_id);

CREATE TABLE meeting_items (
    item_id uuid NOT NULL,
    meeting_id uuid NOT NULL,
    position integer NOT NULL,
    source text NOT NULL,
    title text NOT NULL,
    words text NOT NULL,
    is_confidential boolean NOT NULL DEFAULT false,
    case_id uuid,
    notice_id uuid,
    -- The earlier project it reviews.
    reviewed_id uuid,
    decision text NOT NULL DEFAULT '',
    -- The project it became.
    project_id uuid,
    CONSTRAINT meeting_items_pkey PRIMARY KEY (item_id),
    CONSTRAINT meeting_items_position_key UNIQUE (meeting_id, position),
    CONSTRAINT meeting_items_case_key UNIQUE (meeting_id, case_id),
    CONSTRAINT meeting_items_notice_key UNIQUE (meeting_id, notice_id),
    CONSTRAINT meeting_items_reviewed_key UNIQUE (meeting_id, reviewed_id),
    CONSTRAINT meeting_items_source_check CHECK (source IN ('case', 'field_work', 'notice', 'project', 'topic')),
    CONSTRAINT meeting_items_meeting_fkey FOREIGN KEY (meeting_id) REFERENCES meetings (meeting_id),
    CONSTRAINT meeting_items_case_fkey FOREIGN KEY (case_id) REFERENCES cases (case_id),
    CONSTRAINT meeting_items_notice_fkey FOREIGN KEY (notice_id) REFERENCES notices (notice_id),
    CONSTRAINT meeting_items_reviewed_fkey FOREIGN KEY (reviewed_id) REFERENCES projects (project_id),
    CONSTRAINT meeting_items_project_fkey FOREIGN KEY (project_id) REFERENCES projects (project_id)
);
CREATE INDEX meeting_items_of_case_idx ON meeting_items (case_id) WHERE case_id IS NOT NULL;

-- How far a project was each time somebody looked: at a meeting, or in between.
CREATE TABLE project_reviews (
    project_id uuid NOT NULL,
    number integer NOT NULL,
    meeting_id uuid,
    state text NOT NULL,
    words text NOT NULL,
    person_id uuid NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT project_reviews_pkey PRIMARY KEY (project_id, number),
    CONSTRAINT project_reviews_project_fkey FOREIGN KEY (project_id) REFERENCES projects (project_id)
);
