-- depends: 0220_clocks
-- Live figures for the command centre. Whoever changes a clock adds what that changes to `figure_changes`, in the same
-- transaction and without a hot row; the worker folds these into `figures` and `figure_hours` in batches.

-- One row per statement and kind of change; `hour` is '-infinity' for what is true now, else when it happened.
CREATE TABLE figure_changes (
    change_id bigint GENERATED ALWAYS AS IDENTITY,
    area text COLLATE "C" NOT NULL,
    measure text NOT NULL,
    clock text NOT NULL,
    subject text NOT NULL,
    department_id text COLLATE "C" NOT NULL,
    sla_class text COLLATE "C" NOT NULL,
    hour timestamptz NOT NULL,
    number bigint NOT NULL,
    CONSTRAINT figure_changes_pkey PRIMARY KEY (change_id)
);

-- Clocks that run or stand now, for every area that contains them.
CREATE TABLE figures (
    area text COLLATE "C" NOT NULL,
    measure text NOT NULL,
    clock text NOT NULL,
    subject text NOT NULL,
    department_id text COLLATE "C" NOT NULL,
    sla_class text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    CONSTRAINT figures_pkey PRIMARY KEY (area, clock, measure, subject, department_id, sla_class)
);
CREATE INDEX figures_level_idx ON figures (length(area), area);
CREATE INDEX figures_zero_idx ON figures (area) WHERE number = 0;

-- What happened in an hour, for every area that contains it.
CREATE TABLE figure_hours (
    area text COLLATE "C" NOT NULL,
    hour timestamptz NOT NULL,
    measure text NOT NULL,
    subject text NOT NULL,
    number bigint NOT NULL,
    CONSTRAINT figure_hours_pkey PRIMARY KEY (area, hour, measure, subject)
);
CREATE INDEX figure_hours_hour_idx ON figure_hours (hour);

-- For the recount of the last days.
CREATE INDEX watched_cases_reported_idx ON watched_cases (reported_at);
CREATE INDEX watched_cases_ended_idx ON watched_cases (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX clock_runs_ended_idx ON clock_runs (ended_at) WHERE name = 'finish';
CREATE INDEX fired_steps_red_idx ON fired_steps (fired_at) WHERE step = 'red';

-- in_time → due_soon (yellow shown) → overdue (red shown); paused; nothing once stopped.
CREATE FUNCTION clock_phase(state text, next_step text) RETURNS text IMMUTABLE LANGUAGE sql AS $$
    SELECT CASE
        WHEN state = 'stopped' THEN NULL
        WHEN state = 'paused' THEN 'paused'
        WHEN next_step = 'yellow' THEN 'in_time'
        WHEN next_step = 'red' THEN 'due_soon'
        ELSE 'overdue'
    END
$$;

CREATE FUNCTION clock_subject(task_id uuid) RETURNS text IMMUTABLE LANGUAGE sql AS $$
    SELECT CASE WHEN task_id IS NULL THEN 'case' ELSE 'task' END
$$;

CREATE FUNCTION note_clocks_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO figure_changes (area, measure, clock, subject, department_id, sla_class, hour, number)
    SELECT area, clock_phase(state, next_step), name, clock_subject(task_id), COALESCE(department_id, ''),
        sla_class, '-infinity', count(*)
    FROM added WHERE state <> 'stopped' GROUP BY 1, 2, 3, 4, 5, 6;
    RETURN NULL;
END
$$;
CREATE TRIGGER clocks_added AFTER INSERT ON clocks REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION note_clocks_added();

CREATE FUNCTION note_clocks_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO figure_changes (area, measure, clock, subject, department_id, sla_class, hour, number)
    SELECT area, clock_phase(state, next_step), name, clock_subject(task_id), COALESCE(department_id, ''),
        sla_class, '-infinity', sum(n)
    FROM (
        SELECT area, state, next_step, name, task_id, department_id, sla_class, 1 AS n FROM added
        UNION ALL
        SELECT area, state, next_step, name, task_id, department_id, sla_class, -1 FROM gone
    ) AS both_sides
    WHERE state <> 'stopped' GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(n) <> 0;
    RETURN NULL;
END
$$;
CREATE TRIGGER clocks_changed AFTER UPDATE ON clocks REFERENCING NEW TABLE AS added OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION note_clocks_changed();

CREATE FUNCTION note_clocks_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO figure_changes (area, measure, clock, subject, department_id, sla_class, hour, number)
    SELECT area, clock_phase(state, next_step), name, clock_subject(task_id), COALESCE(department_id, ''),
        sla_class, '-infinity', -count(*)
    FROM gone WHERE state <> 'stopped' GROUP BY 1, 2, 3, 4, 5, 6;
    RETURN NULL;
END
$$;
CREATE TRIGGER clocks_gone AFTER DELETE ON clocks REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION note_clocks_gone();

-- What happens: matters reported and ended, limits to finish that were met or late, red cards of such limits.
CREATE FUNCTION note_cases_reported() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO figure_changes (area, measure, clock, subject, department_id, sla_class, hour, number)
    SELECT area, 'reported', '', 'case', '', '', date_trunc('hour', reported_at, 'UTC'), count(*)
    FROM added GROUP BY 1, 7;
    RETURN NULL;
END
$$;
CREATE TRIGGER cases_reported AFTER INSERT ON watched_cases REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION note_cases_reported();

CREATE FUNCTION note_cases_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO figure_changes (area, measure, clock, subject, department_id, sla_class, hour, number)
    SELECT added.area, 'ended', '', 'case', '', '', date_trunc('hour', added.ended_at, 'UTC'), count(*)
    FROM added JOIN gone USING (case_id)
    WHERE added.ended_at IS NOT NULL AND gone.ended_at IS NULL GROUP BY 1, 7;
    RETURN NULL;
END
$$;
CREATE TRIGGER cases_ended AFTER UPDATE ON watched_cases REFERENCING NEW TABLE AS added OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION note_cases_ended();

CREATE FUNCTION note_runs_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO figure_changes (area, measure, clock, subject, department_id, sla_class, hour, number)
    SELECT area, outcome, '', clock_subject(task_id), '', '', date_trunc('hour', ended_at, 'UTC'), count(*)
    FROM added WHERE name = 'finish' AND outcome IN ('met', 'late') GROUP BY 1, 2, 4, 7;
    RETURN NULL;
END
$$;
CREATE TRIGGER runs_ended AFTER INSERT ON clock_runs REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION note_runs_ended();

CREATE FUNCTION note_red_cards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO figure_changes (area, measure, clock, subject, department_id, sla_class, hour, number)
    SELECT c.area, 'red', '', clock_subject(c.task_id), '', '', date_trunc('hour', a.fired_at, 'UTC'), count(*)
    FROM added a JOIN clocks c USING (clock_id)
    WHERE a.step = 'red' AND c.name = 'finish' GROUP BY 1, 4, 7;
    RETURN NULL;
END
$$;
CREATE TRIGGER red_cards AFTER INSERT ON fired_steps REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION note_red_cards();

-- What ran before this release.
INSERT INTO figure_changes (area, measure, clock, subject, department_id, sla_class, hour, number)
SELECT area, clock_phase(state, next_step), name, clock_subject(task_id), COALESCE(department_id, ''), sla_class,
    '-infinity', count(*)
FROM clocks WHERE state <> 'stopped' GROUP BY 1, 2, 3, 4, 5, 6;
