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
WITH found AS MATERIALIZED (
    SELECT d.discussion_id, d.case_id, d.state, d.opened_at, d.ended_at
    FROM unnest(:scopes::text[]) AS scope (prefix)
    JOIN discussions d ON d.state = :state
         AND d.area >= scope.prefix COLLATE "C" AND d.area < (scope.prefix || ':') COLLATE "C"
    WHERE :after_at::timestamptz IS NULL
       OR (d.opened_at, d.discussion_id) > (:after_at::timestamptz, :after_id::uuid)
),
shown AS (
    SELECT * FROM found ORDER BY opened_at, discussion_id LIMIT :most
)
SELECT s.*, c.number, c.area, c.category, c.level, c.words, c.address, c.state AS case_state, c.due_at
FROM shown s JOIN cases c USING (case_id) ORDER BY s.opened_at, s.discussion_id;

-- name: list_wide_discussions(scopes, state, after_at, after_id, most)
-- The same of districts and cities: walks the time, for most of what it meets is wanted.
SELECT d.discussion_id, d.case_id, d.state, d.opened_at, d.ended_at, c.number, c.area, c.category, c.level, c.words,
    c.address, c.state AS case_state, c.due_at
FROM discussions d JOIN cases c USING (case_id)
WHERE d.state = :state AND d.area ^@ ANY(:scopes)
  AND (:after_at::timestamptz IS NULL OR (d.opened_at, d.discussion_id) > (:after_at::timestamptz, :after_id::uuid))
ORDER BY d.opened_at, d.discussion_id LIMIT :most;

-- name: open_tellings(case_ids, runs, kinds, ats)!
-- Who has to be told of results: the reporters of all matters merged into these, and of a declined matter its own.
-- What staff found themselves has nobody to tell.
WITH RECURSIVE ended AS (
    SELECT e.case_id, e.run, e.kind, e.at
    FROM unnest(:case_ids::uuid[], :runs::integer[], :kinds::text[], :ats::timestamptz[]) AS e (case_id, run, kind, at)
),
family AS (
    SELECT e.case_id AS about, e.case_id, 0 AS hops FROM ended e
    UNION ALL
    SELECT f.about, c.case_id, f.hops + 1 FROM family f JOIN cases c ON c.merged_into = f.case_id WHERE f.hops < 50
)
INSERT INTO tellings (case_id, about_case_id, run, kind, area, opened_at)
SELECT c.case_id, e.case_id, e.run, e.kind, c.area, e.at
FROM ended e
JOIN family f ON f.about = e.case_id
JOIN cases c ON c.case_id = f.case_id
WHERE (f.hops > 0 OR e.kind = 'declined')
  AND (c.reporter_id IS NOT NULL OR c.channel NOT IN ('patrol', 'department_round', 'sensor')
       OR EXISTS (SELECT 1 FROM callers k WHERE k.case_id = c.case_id))
ON CONFLICT ON CONSTRAINT tellings_once_key DO NOTHING;

-- name: drop_tellings(case_ids, at)!
-- The result did not hold: what nobody was told yet is not told any more.
UPDATE tellings SET state = 'dropped', ended_at = :at WHERE about_case_id = ANY(:case_ids::uuid[]) AND state = 'open';

-- name: list_tellings(scopes, state, after_at, after_id, most)
-- Who has to be told of what in these areas, oldest first.
WITH found AS MATERIALIZED (
    SELECT t.telling_id, t.case_id, t.about_case_id, t.run, t.kind, t.area, t.state, t.opened_at, t.ended_at, t.told_by,
        t.how
    FROM unnest(:scopes::text[]) AS scope (prefix)
    JOIN tellings t ON t.state = :state
         AND t.area >= scope.prefix COLLATE "C" AND t.area < (scope.prefix || ':') COLLATE "C"
    WHERE :after_at::timestamptz IS NULL
       OR (t.opened_at, t.telling_id) > (:after_at::timestamptz, :after_id::uuid)
),
shown AS (
    SELECT * FROM found ORDER BY opened_at, telling_id LIMIT :most
)
SELECT s.*, c.number, c.channel, c.words, c.address, a.number AS about_number, a.state AS about_state
FROM shown s JOIN cases c USING (case_id) JOIN cases a ON a.case_id = s.about_case_id
ORDER BY s.opened_at, s.telling_id;

-- name: list_wide_tellings(scopes, state, after_at, after_id, most)
-- The same of districts and cities: walks the time, for most of what it meets is wanted.
SELECT t.telling_id, t.case_id, t.about_case_id, t.run, t.kind, t.area, t.state, t.opened_at, t.ended_at, t.told_by,
    t.how, c.number, c.channel, c.words, c.address, a.number AS about_number, a.state AS about_state
FROM tellings t JOIN cases c USING (case_id) JOIN cases a ON a.case_id = t.about_case_id
WHERE t.state = :state AND t.area ^@ ANY(:scopes)
  AND (:after_at::timestamptz IS NULL OR (t.opened_at, t.telling_id) > (:after_at::timestamptz, :after_id::uuid))
ORDER BY t.opened_at, t.telling_id LIMIT :most;

-- name: case_of_telling(telling_id, scopes)$
-- Whose reporter is to be told, inside the scopes.
SELECT case_id FROM tellings WHERE telling_id = :telling_id AND area ^@ ANY(:scopes);

-- name: finish_telling(telling_id, told_by, how, words, at)^
-- Somebody was told, once.
UPDATE tellings SET state = 'told', ended_at = :at, told_by = :told_by, how = :how, words = :words
WHERE telling_id = :telling_id AND state = 'open'
RETURNING telling_id, case_id, about_case_id, run, kind, area, state, opened_at, ended_at, told_by, how;

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
