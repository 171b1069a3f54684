-- depends: 0133_anonymising
-- Matters without progress show up by themselves: how long each kind of standstill may last, and what finds it.

CREATE TABLE progress_limits (
    -- A state of a matter; or what others owe it: an order dispatch did not open, a task no department answered,
    -- a grid nobody is assigned to.
    about text NOT NULL,
    hours integer NOT NULL,
    changed_by uuid,
    changed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT progress_limits_pkey PRIMARY KEY (about),
    CONSTRAINT progress_limits_hours_check CHECK (hours > 0),
    CONSTRAINT progress_limits_about_check CHECK (about IN (
        'received', 'triaged', 'handling', 'resolved', 'checked', 'called_back',
        'order_not_opened', 'task_not_answered', 'nobody_assigned'))
);
INSERT INTO progress_limits (about, hours) VALUES
    ('received', 24), ('triaged', 72), ('handling', 240), ('resolved', 72), ('checked', 168), ('called_back', 24),
    ('order_not_opened', 1), ('task_not_answered', 72), ('nobody_assigned', 1);

CREATE INDEX cases_progress_idx ON cases (state, moved_at)
    WHERE state IN ('received', 'triaged', 'handling', 'resolved', 'checked', 'called_back')
        AND stalled_as IS NULL AND hold IS NULL;
CREATE INDEX cases_stalled_idx ON cases (stalled_as, case_id) WHERE stalled_as IS NOT NULL;
CREATE INDEX orders_called_idx ON orders (whistled_at) WHERE state = 'called';
CREATE INDEX tasks_sent_idx ON tasks (changed_at) WHERE state = 'sent';
