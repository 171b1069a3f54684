-- depends: 0145_disputes
-- Whether anybody reported a matter, how long a closed one may be refuted, and one queue for whatever is to be told.

-- Absent in rows of an earlier release: then told from reporter and channel.
ALTER TABLE cases ADD COLUMN has_reporter boolean;
ALTER TABLE hearing_rules ADD COLUMN refute_days integer NOT NULL DEFAULT 15;

-- The matter a reporter is told of, where theirs was merged into another one.
ALTER TABLE hearings
    ADD COLUMN about_case_id uuid CONSTRAINT hearings_about_fkey REFERENCES cases (case_id),
    DROP CONSTRAINT hearings_run_key,
    ADD CONSTRAINT hearings_run_key UNIQUE NULLS NOT DISTINCT (case_id, run, kind, about_case_id);
CREATE INDEX hearings_about_idx ON hearings (about_case_id) WHERE about_case_id IS NOT NULL AND is_open;

-- What was owed by `tellings`, which is read no more.
INSERT INTO hearings (hearing_id, case_id, about_case_id, run, kind, area, opened_at, due_at, ready_at)
SELECT t.telling_id, t.case_id, NULLIF(t.about_case_id, t.case_id), t.run, 'tell', t.area, t.opened_at,
    t.opened_at + make_interval(hours => r.tell_hours), now()
FROM tellings t, (SELECT tell_hours FROM hearing_rules ORDER BY version DESC LIMIT 1) r
WHERE t.state = 'open'
ON CONFLICT ON CONSTRAINT hearings_run_key DO NOTHING;
UPDATE tellings SET state = 'dropped', ended_at = now() WHERE state = 'open';

-- Matters by where they lie and when they were reported, whatever grids there were: squares of a hundredth of a degree.
CREATE FUNCTION square_of(longitude double precision, latitude double precision) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT floor((longitude + 180) * 100)::bigint * 100000 + floor((latitude + 90) * 100)::bigint
$$;
CREATE INDEX cases_square_idx ON cases (square_of(longitude, latitude), reported_at);

-- A department asks once for each month a matter counts in.
CREATE UNIQUE INDEX removals_month_key ON removals (case_id, department_id, month) WHERE state IN ('asked', 'granted');
DROP INDEX removals_standing_key;
