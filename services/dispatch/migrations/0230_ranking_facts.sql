-- depends: 0201_dispatch
-- What rankings count: narrow facts per handling, task and answer, kept as they happen. See docs/decisions.

-- One handling of a matter, by run; a rework begins the next and leaves this one as it was.
CREATE TABLE handlings (
    case_id uuid NOT NULL,
    run integer NOT NULL,
    area text COLLATE "C" NOT NULL,
    began_at timestamptz NOT NULL,
    due_at timestamptz,
    resolved_at timestamptz,
    is_late boolean,
    reworked_at timestamptz,
    rework_reason text,
    -- Declined, merged or withdrawn: counts nowhere.
    is_void boolean NOT NULL DEFAULT false,
    -- When it was resolved or became void; infinity while it is under way.
    ended_at timestamptz NOT NULL DEFAULT 'infinity',
    CONSTRAINT handlings_pkey PRIMARY KEY (case_id, run)
);
CREATE INDEX handlings_ended_idx ON handlings (ended_at);
CREATE INDEX handlings_reworked_idx ON handlings (reworked_at) WHERE reworked_at IS NOT NULL;

-- One department's turn at a task: a return that is upheld ends it, and the next department has the next run.
CREATE TABLE task_facts (
    task_id uuid NOT NULL,
    run integer NOT NULL,
    order_id uuid NOT NULL,
    case_id uuid NOT NULL,
    -- The run of the matter it was called for.
    case_run integer NOT NULL,
    area text COLLATE "C" NOT NULL,
    department_id text COLLATE "C" NOT NULL,
    is_main boolean NOT NULL,
    sent_at timestamptz NOT NULL,
    sign_due_at timestamptz,
    signed_at timestamptz,
    is_sign_late boolean,
    finish_due_at timestamptz,
    finished_at timestamptz,
    is_finish_late boolean,
    -- Closed with its matter before the department finished.
    closed_at timestamptz,
    rejected_at timestamptz,
    upheld_at timestamptz,
    -- When it was finished, closed or returned for good; infinity while it is under way.
    ended_at timestamptz NOT NULL DEFAULT 'infinity',
    CONSTRAINT task_facts_pkey PRIMARY KEY (task_id, run)
);
CREATE INDEX task_facts_ended_idx ON task_facts (ended_at);
CREATE INDEX task_facts_case_idx ON task_facts (case_id);

-- What the reporter said when asked; one row per matter, so an answer changed later still counts once.
CREATE TABLE answers (
    case_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    -- The handling the newest answer is about.
    run integer NOT NULL,
    -- The first answer: its month is the one the matter counts in.
    answered_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    met boolean,
    settled boolean,
    satisfaction text,
    CONSTRAINT answers_pkey PRIMARY KEY (case_id)
);
CREATE INDEX answers_answered_idx ON answers (answered_at);

-- Matters the hotline office took out of a department's base of a month 剔除.
CREATE TABLE removed_matters (
    case_id uuid NOT NULL,
    department_id text COLLATE "C" NOT NULL,
    month text COLLATE "C" NOT NULL,
    area text COLLATE "C" NOT NULL,
    removed_at timestamptz NOT NULL,
    CONSTRAINT removed_matters_pkey PRIMARY KEY (case_id, department_id, month)
);

-- What is under way when this arrives. Answers given before it count in no ranking.
INSERT INTO handlings (case_id, run, area, began_at, due_at, resolved_at, is_late, ended_at)
SELECT w.case_id, w.run, w.area, c.started_at, c.due_at, c.stopped_at, c.stopped_at > c.due_at,
       COALESCE(c.stopped_at, 'infinity')
FROM watched_cases w JOIN clocks c ON c.owner_id = w.case_id AND c.task_id IS NULL AND c.name = 'finish';

INSERT INTO task_facts (task_id, run, order_id, case_id, case_run, area, department_id, is_main, sent_at, sign_due_at,
    signed_at, is_sign_late, finish_due_at, finished_at, is_finish_late, closed_at, ended_at)
SELECT t.task_id, t.run, t.order_id, o.case_id, COALESCE(w.run, 1), t.area, t.department_id, t.is_main, t.sent_at,
       s.due_at, t.signed_at, s.stopped_at > s.due_at, f.due_at, t.finished_at, f.stopped_at > f.due_at,
       CASE WHEN t.state = 'closed' THEN f.stopped_at END,
       CASE WHEN t.state IN ('finished', 'closed') THEN COALESCE(t.finished_at, f.stopped_at, t.sent_at)
            ELSE 'infinity' END
FROM tasks t
JOIN orders o USING (order_id)
LEFT JOIN watched_cases w ON w.case_id = o.case_id
LEFT JOIN clocks s ON s.owner_id = t.order_id AND s.task_id = t.task_id AND s.name = 'sign'
LEFT JOIN clocks f ON f.owner_id = t.order_id AND f.task_id = t.task_id AND f.name = 'finish';
