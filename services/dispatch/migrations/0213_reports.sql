-- depends: 0212_duty
-- What the reports of whistles look up.
CREATE INDEX watched_cases_area_idx ON watched_cases (area, reported_at, case_id);
CREATE INDEX tasks_sent_idx ON tasks (sent_at);
CREATE INDEX task_history_ruled_idx ON task_history (at) WHERE step = 'ruled';
