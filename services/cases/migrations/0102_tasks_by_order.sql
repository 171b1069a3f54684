-- depends: 0101_cases
-- A matter's view lists the tasks of its orders; without this each read walked through all tasks there are.
CREATE INDEX tasks_order_idx ON tasks (order_id);
