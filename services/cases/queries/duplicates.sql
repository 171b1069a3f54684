-- name: near(grids, since, west, south, east, north, sees_confidential, except_id, most)
-- Matters still handled, or ended lately, in a box that reaches into these grids; the newest first. What was merged,
-- withdrawn or declined is nobody's duplicate.
WITH found AS MATERIALIZED (
    SELECT c.case_id FROM unnest(:grids::text[]) AS grid (code)
    JOIN cases c ON c.area = grid.code COLLATE "C" AND c.reported_at >= :since
    WHERE c.longitude BETWEEN :west AND :east AND c.latitude BETWEEN :south AND :north
      AND c.state NOT IN ('merged', 'withdrawn', 'declined')
      AND (:sees_confidential OR NOT c.is_confidential)
      AND c.case_id IS DISTINCT FROM :except_id::uuid
    ORDER BY c.reported_at DESC, c.case_id DESC LIMIT :most
)
SELECT c.case_id, c.number, c.area, c.category, m.name AS category_name, c.state, c.reported_at, c.reporter_id,
    c.longitude, c.latitude, left(c.words, 400) AS words
FROM found JOIN cases c USING (case_id)
LEFT JOIN matters m ON m.code = c.category AND m.is_newest;
