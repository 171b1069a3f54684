-- depends: 0140_hearing
-- What the reporter of a matter said, once per matter: first when, and what was said last. A rework forgets it on the
-- matter itself; the rates do not, and count as dispatch's rankings do.

CREATE TABLE answers (
    case_id uuid NOT NULL,
    -- The first answer: its month is the one the matter counts in.
    answered_at timestamptz NOT NULL,
    -- The handling the newest answer is about.
    run integer NOT NULL,
    met boolean,
    settled boolean,
    satisfaction text,
    CONSTRAINT answers_pkey PRIMARY KEY (case_id),
    CONSTRAINT answers_case_fkey FOREIGN KEY (case_id) REFERENCES cases (case_id)
);
CREATE INDEX answers_answered_idx ON answers (answered_at);
CREATE INDEX removals_month_idx ON removals (month) WHERE state = 'granted';

INSERT INTO answers (case_id, answered_at, run, met, settled, satisfaction)
SELECT DISTINCT ON (case_id) case_id, min(answered_at) OVER (PARTITION BY case_id), run, met, settled, satisfaction
FROM handlings WHERE answered_at IS NOT NULL ORDER BY case_id, run DESC;
