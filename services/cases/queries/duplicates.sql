-- name: near(since, west, south, east, north, sees_confidential, except_id, most)
-- Matters still handled, or ended lately, in a box, whatever grid they were located to; the newest first. What was
-- merged, withdrawn or declined is nobody's duplicate.
WITH found AS MATERIALIZED (
    SELECT near.case_id
    FROM generate_series(floor((:west::double precision + 180) * 100)::bigint,
                         floor((:east::double precision + 180) * 100)::bigint) AS x,
         generate_series(floor((:south::double precision + 90) * 100)::bigint,
                         floor((:north::double precision + 90) * 100)::bigint) AS y,
    LATERAL (
        SELECT c.case_id, c.reported_at FROM cases c
        WHERE square_of(c.longitude, c.latitude) = x * 100000 + y AND c.reported_at >= :since
          AND c.longitude BETWEEN :west AND :east AND c.latitude BETWEEN :south AND :north
          AND c.state NOT IN ('merged', 'withdrawn', 'declined')
          AND (:sees_confidential OR NOT c.is_confidential)
          AND c.case_id IS DISTINCT FROM :except_id::uuid
        ORDER BY c.reported_at DESC LIMIT :most
    ) near
    ORDER BY near.reported_at DESC, near.case_id DESC LIMIT :most
)
SELECT c.case_id, c.number, c.area, c.category, m.name AS category_name, c.state, c.reported_at, c.reporter_id,
    c.longitude, c.latitude, left(c.words, 400) AS words
FROM found JOIN cases c USING (case_id)
LEFT JOIN matters m ON m.code = c.category AND m.is_newest;
