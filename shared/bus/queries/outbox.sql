-- name: add_events(ids, subjects, types, routing_keys, areas, data, traceparent)!
-- Numbers the events of each subject one by one and stores them, all in one statement.
-- Sequence rows are locked in the order of their subjects, so that two calls cannot deadlock.
WITH given AS (
    SELECT id, subject, type, routing_key, area, data, position
    FROM unnest(:ids::uuid[], :subjects::text[], :types::text[], :routing_keys::text[], :areas::text[], :data::text[])
        WITH ORDINALITY AS g (id, subject, type, routing_key, area, data, position)
),
counted AS (
    SELECT subject COLLATE "C" AS subject, count(*) AS n FROM given GROUP BY 1
),
numbered AS (
    INSERT INTO outbox_sequences AS s (subject, last)
    SELECT subject, n FROM counted ORDER BY subject
    ON CONFLICT (subject) DO UPDATE SET last = s.last + EXCLUDED.last
    RETURNING s.subject, s.last
)
INSERT INTO outbox (id, subject, sequence, type, routing_key, area, time, traceparent, data)
SELECT
    given.id,
    given.subject,
    numbered.last - counted.n + row_number() OVER (PARTITION BY given.subject ORDER BY given.position),
    given.type,
    given.routing_key,
    given.area,
    -- Taken after the sequence's lock: times of a subject rise with its numbers.
    clock_timestamp(),
    :traceparent,
    given.data::json
FROM given
JOIN counted ON counted.subject = given.subject
JOIN numbered ON numbered.subject = given.subject;
