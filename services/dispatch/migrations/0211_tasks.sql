-- depends: 0210_responsibility
-- Who did what with a task: signing, naming the handler, the reply and its review, evidence, returns; and its history.

ALTER TABLE tasks
    ADD COLUMN signed_by uuid,
    ADD COLUMN assigned_by uuid,
    ADD COLUMN reply_by uuid,
    ADD COLUMN reply_review text,
    ADD COLUMN review_words text,
    ADD COLUMN replies_sent_back integer NOT NULL DEFAULT 0,
    ADD COLUMN finish_words text,
    ADD COLUMN attachment_ids uuid[] NOT NULL DEFAULT '{}',
    ADD COLUMN returns integer NOT NULL DEFAULT 0;
CREATE INDEX tasks_handler_idx ON tasks (handler_id, task_id) WHERE handler_id IS NOT NULL;

CREATE TABLE task_history (
    step_id uuid NOT NULL,
    task_id uuid NOT NULL,
    run integer NOT NULL,
    department_id text COLLATE "C" NOT NULL,
    step text NOT NULL,
    by_person uuid,
    at timestamptz NOT NULL,
    detail jsonb NOT NULL,
    CONSTRAINT task_history_pkey PRIMARY KEY (step_id),
    CONSTRAINT task_history_task_fkey FOREIGN KEY (task_id) REFERENCES tasks (task_id)
);
CREATE INDEX task_history_task_idx ON task_history (task_id, step_id);
