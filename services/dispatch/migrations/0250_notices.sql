-- depends: 0213_reports 0233_joint_supervision
-- More of the service's own events are told to people; who is near a matter is found among the people dispatch has met.

CREATE OR REPLACE FUNCTION hear_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO heard (type, time, data)
    SELECT split_part(type, '.', 3), time, data::jsonb FROM added
    WHERE type IN (
        'yiwang.dispatch.task_sent.v1', 'yiwang.dispatch.task_assigned.v1', 'yiwang.dispatch.task_replied.v1',
        'yiwang.dispatch.task_reply_sent_back.v1', 'yiwang.dispatch.task_returned.v1',
        'yiwang.dispatch.task_redirected.v1', 'yiwang.dispatch.task_passed_on.v1',
        'yiwang.dispatch.task_unanswered.v1',
        'yiwang.dispatch.card_shown.v1', 'yiwang.dispatch.supervision_ordered.v1',
        'yiwang.dispatch.extension_requested.v1', 'yiwang.dispatch.extension_decided.v1',
        'yiwang.dispatch.order_finished.v1', 'yiwang.dispatch.rating_given.v1',
        'yiwang.dispatch.assessment_given.v1', 'yiwang.dispatch.assessment_appealed.v1',
        'yiwang.dispatch.assessment_ruled.v1');
    RETURN NULL;
END
$$;

CREATE INDEX known_people_areas_idx ON known_people USING gin (areas);
