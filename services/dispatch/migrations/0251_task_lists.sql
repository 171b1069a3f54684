-- depends: 0250_notices
-- Lists of tasks by state, sorted by what is due first, and counted.
CREATE INDEX tasks_department_state_idx ON tasks (department_id, state, task_id);
CREATE INDEX tasks_state_area_idx ON tasks (state, area, task_id);
