-- depends: 0230_ranking_facts
-- One matter, one assessment 一事一考: the subdistrict assesses each response, once, correctable with history.

CREATE TABLE assessments (
    task_id uuid NOT NULL,
    order_id uuid NOT NULL,
    case_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    department_id text COLLATE "C" NOT NULL,
    points jsonb NOT NULL,
    score integer NOT NULL,
    is_negative boolean NOT NULL,
    words text NOT NULL,
    by_person uuid NOT NULL,
    assessed_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    state text NOT NULL,
    appeal_words text,
    appealed_at timestamptz,
    ruling_words text,
    ruled_at timestamptz,
    version integer NOT NULL,
    CONSTRAINT assessments_pkey PRIMARY KEY (task_id),
    CONSTRAINT assessments_task_fkey FOREIGN KEY (task_id) REFERENCES tasks (task_id),
    CONSTRAINT assessments_score_check CHECK (score BETWEEN 0 AND 100),
    CONSTRAINT assessments_state_check CHECK (state IN ('standing', 'appealed', 'void'))
);
CREATE INDEX assessments_assessed_idx ON assessments (assessed_at);
CREATE INDEX assessments_area_idx ON assessments (area, task_id);
CREATE INDEX assessments_department_idx ON assessments (department_id, task_id);

-- Every version there was, by whom and when.
CREATE TABLE assessment_versions (
    task_id uuid NOT NULL,
    version integer NOT NULL,
    act text NOT NULL,
    points jsonb NOT NULL,
    score integer NOT NULL,
    is_negative boolean NOT NULL,
    state text NOT NULL,
    words text NOT NULL,
    by_person uuid NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT assessment_versions_pkey PRIMARY KEY (task_id, version),
    CONSTRAINT assessment_versions_act_check CHECK (act IN ('assessed', 'corrected', 'appealed', 'ruled'))
);
