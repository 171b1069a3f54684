-- name: open_discussions(case_ids, areas, ats)!
-- Coordination matters go back to the community for discussion, each once.
INSERT INTO discussions (case_id, area, opened_at)
SELECT d.case_id, d.area, d.at FROM unnest(:case_ids::uuid[], :areas::text[], :ats::timestamptz[]) AS d (case_id, area, at)
ON CONFLICT ON CONSTRAINT discussions_case_key DO NOTHING;

-- name: end_discussions(case_ids, state, at)!
-- Discussions held, or dropped because their matter ended otherwise.
UPDATE discussions SET state = :state, ended_at = :at WHERE case_id = ANY(:case_ids::uuid[]) AND state = 'open';

-- name: list_discussions(scopes, state, after_at, after_id, most)
-- Discussions of areas, oldest first.
SELECT s.*, c.number, c.area, c.category, c.level, c.words, c.address, c.state AS case_state, c.due_at
FROM (
    SELECT d.discussion_id, d.case_id, d.state, d.opened_at, d.ended_at FROM discussions d
    WHERE d.state = :state AND d.area ^@ ANY(:scopes::text[]) AND d.area >= (:scopes::text[])[1]
      AND d.area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'
      AND (:after_at::timestamptz IS NULL
           OR (d.opened_at, d.discussion_id) > (:after_at::timestamptz, :after_id::uuid))
    ORDER BY d.opened_at, d.discussion_id LIMIT :most
) s JOIN cases c USING (case_id) ORDER BY s.opened_at, s.discussion_id;

-- name: has_merged(case_id)$
-- Whether matters were merged into this one.
SELECT EXISTS (SELECT 1 FROM cases WHERE merged_into = :case_id);

-- name: is_discussion_open(case_id)$
-- Whether the community still has to discuss a matter.
SELECT EXISTS (SELECT 1 FROM discussions WHERE case_id = :case_id AND state = 'open');

-- name: merged_into_at_last(case_id)$
-- The matter that a merged one is handled within, through however many merges.
WITH RECURSIVE followed AS (
    SELECT case_id, merged_into, 0 AS hops FROM cases WHERE case_id = :case_id
    UNION ALL
    SELECT next.case_id, next.merged_into, hops + 1
    FROM followed JOIN cases next ON next.case_id = followed.merged_into WHERE hops < 50
)
SELECT case_id FROM followed ORDER BY hops DESC LIMIT 1;
