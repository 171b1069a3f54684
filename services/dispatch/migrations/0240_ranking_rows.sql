-- depends: 0233_joint_supervision
-- The rows behind a month's figures, once for all indicators that are counted from them; see docs/decisions.

-- One row per organisation and set of subjects (turns at tasks, calls, handlings, answers, assessments). `points` has a
-- line per indicator and in it a place per subject: what it adds, or NULL where it does not count.
CREATE TABLE ranking_rows (
    ranking_id uuid NOT NULL,
    organisation_id text COLLATE "C" NOT NULL,
    base text NOT NULL,
    indicators text[] NOT NULL,
    numerators bigint[] NOT NULL,
    denominators bigint[] NOT NULL,
    digest text NOT NULL,
    subjects uuid[] NOT NULL,
    points smallint[] NOT NULL,
    CONSTRAINT ranking_rows_pkey PRIMARY KEY (ranking_id, organisation_id, base),
    CONSTRAINT ranking_rows_ranking_fkey FOREIGN KEY (ranking_id) REFERENCES rankings (ranking_id)
);
-- Ids hardly compress, and trying takes longer than writing them.
ALTER TABLE ranking_rows ALTER COLUMN subjects SET STORAGE EXTERNAL;

-- With the rows of tables made before, which had subjects of their own for every indicator; and the digest anew.
CREATE VIEW ranking_rows_kept AS
SELECT ranking_id, organisation_id, base, indicators, digest, subjects, points,
       encode(sha256(array_send(subjects) || array_send(points)), 'hex') AS digest_now
FROM ranking_rows
UNION ALL
SELECT ranking_id, organisation_id, indicator, ARRAY[indicator], digest, subjects, ARRAY[points],
       encode(sha256(array_send(subjects) || array_send(points)), 'hex')
FROM ranking_evidence;

-- An answer about a matter that was declined, merged or withdrawn later counts nowhere, like its handlings.
ALTER TABLE answers ADD COLUMN is_void boolean NOT NULL DEFAULT false;
UPDATE answers a SET is_void = true FROM handlings h WHERE h.case_id = a.case_id AND h.is_void;

-- What a street has still to assess.
CREATE INDEX tasks_to_assess_idx ON tasks (left(area, 9), finished_at, task_id) WHERE finished_at IS NOT NULL;
