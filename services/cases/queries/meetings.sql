-- name: add_meeting(meeting_id, kind, area, title, room, is_online, starts_at, chair_id, state)!
-- A meeting is planned.
INSERT INTO meetings (meeting_id, kind, area, title, room, is_online, starts_at, chair_id, state)
VALUES (:meeting_id, :kind, :area, :title, :room, :is_online, :starts_at, :chair_id, :state);

-- name: lock_meeting(meeting_id, scopes)^
-- Locks a meeting of the caller's areas, with the moment after the lock.
SELECT m.*, clock_timestamp() AS at FROM meetings m
WHERE m.meeting_id = :meeting_id AND m.area ^@ ANY(:scopes) FOR UPDATE;

-- name: save_meeting(meeting_id, state, residents_present, minutes, ended_at, version)!
-- Writes what a step changes.
UPDATE meetings SET state = :state, residents_present = :residents_present, minutes = :minutes,
    ended_at = :ended_at, version = :version
WHERE meeting_id = :meeting_id;

-- name: get_meeting(meeting_id, scopes, person_id)^
-- A meeting of the caller's areas, or one they were called to; and whether they were.
SELECT m.*, (m.chair_id = :person_id OR EXISTS (
    SELECT 1 FROM meeting_people p WHERE p.meeting_id = m.meeting_id AND p.person_id = :person_id)) AS is_mine
FROM meetings m
WHERE m.meeting_id = :meeting_id AND (m.area ^@ ANY(:scopes) OR m.chair_id = :person_id OR EXISTS (
    SELECT 1 FROM meeting_people p WHERE p.meeting_id = m.meeting_id AND p.person_id = :person_id));

-- name: list_meetings(scopes, area, person_id, kind, state, after_at, after_id, most)
-- Meetings of the caller's areas and those they were called to, in an area where one is named, newest first.
WITH within_reach AS (
    (SELECT m.meeting_id, m.starts_at FROM meetings m
     WHERE m.area ^@ ANY(:scopes::text[]) AND m.area >= (:scopes::text[])[1]
       AND m.area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'
       AND (:kind::text IS NULL OR m.kind = :kind::text) AND (:state::text IS NULL OR m.state = :state::text)
       AND (:after_at::timestamptz IS NULL
            OR (m.starts_at, m.meeting_id) < (:after_at::timestamptz, :after_id::uuid))
     ORDER BY m.starts_at DESC, m.meeting_id DESC LIMIT :most)
    UNION
    (SELECT m.meeting_id, m.starts_at FROM meetings m
     WHERE m.chair_id = :person_id::uuid AND (:area::text IS NULL OR m.area ^@ :area::text)
       AND (:kind::text IS NULL OR m.kind = :kind::text) AND (:state::text IS NULL OR m.state = :state::text)
       AND (:after_at::timestamptz IS NULL
            OR (m.starts_at, m.meeting_id) < (:after_at::timestamptz, :after_id::uuid))
     ORDER BY m.starts_at DESC, m.meeting_id DESC LIMIT :most)
    UNION
    (SELECT m.meeting_id, m.starts_at FROM meeting_people p JOIN meetings m USING (meeting_id)
     WHERE p.person_id = :person_id::uuid AND (:area::text IS NULL OR m.area ^@ :area::text)
       AND (:kind::text IS NULL OR m.kind = :kind::text) AND (:state::text IS NULL OR m.state = :state::text)
       AND (:after_at::timestamptz IS NULL
            OR (m.starts_at, m.meeting_id) < (:after_at::timestamptz, :after_id::uuid))
     ORDER BY m.starts_at DESC, m.meeting_id DESC LIMIT :most)
)
SELECT m.meeting_id, m.kind, m.area, m.title, m.room, m.is_online, m.starts_at, m.chair_id, m.state,
    m.residents_present, m.ended_at, m.version
FROM (SELECT meeting_id FROM within_reach ORDER BY starts_at DESC, meeting_id DESC LIMIT :most) r
JOIN meetings m USING (meeting_id) ORDER BY m.starts_at DESC, m.meeting_id DESC;

-- name: clear_people(meeting_id)!
-- Before who is called or came is written anew.
DELETE FROM meeting_people WHERE meeting_id = :meeting_id;

-- name: add_people(meeting_id, people)!
-- Who is called or came (a JSON list).
INSERT INTO meeting_people (meeting_id, person_id, capacity, presence, reason)
SELECT :meeting_id, p.person_id, p.capacity, p.presence, p.reason
FROM jsonb_to_recordset(:people::jsonb) AS p (person_id uuid, capacity text, presence text, reason text);

-- name: people_of(meeting_id)
-- Who is called or came.
SELECT person_id, capacity, presence, reason FROM meeting_people
WHERE meeting_id = :meeting_id ORDER BY capacity, person_id;

-- name: attended(meeting_id)$
-- How many of those called came.
SELECT count(*) FROM meeting_people WHERE meeting_id = :meeting_id AND presence = 'attended';

-- name: build_agenda(meeting_id, kind, area, person_id, topics_since, newest)!
-- Puts on the agenda what is open in the area and not on it yet: projects of earlier meetings first, then topics those
-- left undecided (confidential ones by somebody who was called there), then matters (found on patrol or visit told
-- apart), then what stands on the notice board.
INSERT INTO meeting_items (item_id, meeting_id, position, source, title, words, is_confidential, case_id, notice_id,
    reviewed_id, carried_from)
SELECT gen_random_uuid(), :meeting_id, (
        SELECT COALESCE(max(position), 0) FROM meeting_items WHERE meeting_id = :meeting_id
    ) + row_number() OVER (ORDER BY f.rank, f.since, f.title), f.source, f.title, f.words, f.is_confidential, f.case_id,
    f.notice_id, f.reviewed_id, f.carried_from
FROM (
    (SELECT 1 AS rank, p.agreed_at AS since, 'project' AS source,
        CASE WHEN p.is_confidential THEN '涉密项目 ' || p.number ELSE p.title END AS title, '' AS words, p.is_confidential,
        NULL::uuid AS case_id, NULL::uuid AS notice_id, p.project_id AS reviewed_id, NULL::uuid AS carried_from
     FROM projects p
     WHERE p.area = :area AND p.kind = :kind AND p.state IN ('planned', 'doing') AND p.meeting_id <> :meeting_id
       AND NOT EXISTS (SELECT 1 FROM meeting_items o WHERE o.meeting_id = :meeting_id AND o.reviewed_id = p.project_id)
     ORDER BY p.agreed_at LIMIT :newest)
    UNION ALL
    (SELECT 2, m.starts_at, 'topic', i.title, i.words, i.is_confidential, NULL, NULL, NULL, i.item_id
     FROM meetings m JOIN meeting_items i USING (meeting_id)
     WHERE m.area = :area AND m.kind = :kind AND m.state <> 'planned' AND m.starts_at >= :topics_since
       AND i.source = 'topic' AND i.decision = '' AND i.case_id IS NULL
       AND NOT EXISTS (SELECT 1 FROM meeting_items o WHERE o.carried_from = i.item_id)
       AND (NOT i.is_confidential OR m.chair_id = :person_id OR EXISTS (
           SELECT 1 FROM meeting_people e WHERE e.meeting_id = m.meeting_id AND e.person_id = :person_id))
     ORDER BY m.starts_at, i.position LIMIT :newest)
    UNION ALL
    (SELECT 3, c.reported_at, CASE WHEN c.channel IN ('patrol', 'visit') THEN 'field_work' ELSE 'case' END,
        c.number || ' ' || COALESCE(m.name, c.category), '', false, c.case_id, NULL, NULL, NULL
     FROM cases c LEFT JOIN matters m ON m.code = c.category AND m.is_newest
     WHERE c.area >= :area::text COLLATE "C" AND c.area < (:area::text || ':') COLLATE "C"
       AND c.state IN ('received', 'triaged', 'handling')
       AND NOT EXISTS (SELECT 1 FROM meeting_items o WHERE o.meeting_id = :meeting_id AND o.case_id = c.case_id)
     ORDER BY c.reported_at LIMIT :newest)
    UNION ALL
    (SELECT 4, n.published_at, 'notice', n.title, '', false, NULL, n.notice_id, NULL, NULL
     FROM notices n WHERE n.area ^@ :area::text AND n.state = 'published'
       AND NOT EXISTS (SELECT 1 FROM meeting_items o WHERE o.meeting_id = :meeting_id AND o.notice_id = n.notice_id)
     ORDER BY n.published_at LIMIT :newest)
) f
ON CONFLICT DO NOTHING;

-- name: add_topic(item_id, meeting_id, title, words, is_confidential)!
-- A topic 议题 somebody brings.
INSERT INTO meeting_items (item_id, meeting_id, position, source, title, words, is_confidential)
SELECT :item_id, :meeting_id, COALESCE(max(position), 0) + 1, 'topic', :title, :words, :is_confidential
FROM meeting_items WHERE meeting_id = :meeting_id;

-- name: items_of(meeting_id, is_mine)
-- The agenda in its order; confidential points only for those who were called.
SELECT i.item_id, i.position, i.source, i.title, i.words, i.is_confidential, i.case_id, c.state AS case_state,
    i.notice_id, i.reviewed_id, i.carried_from, i.decision, i.project_id, r.state AS reviewed_state,
    EXISTS (SELECT 1 FROM project_reviews v
            WHERE v.project_id = i.reviewed_id AND v.meeting_id = i.meeting_id) AS is_reviewed
FROM meeting_items i LEFT JOIN cases c USING (case_id) LEFT JOIN projects r ON r.project_id = i.reviewed_id
WHERE i.meeting_id = :meeting_id AND (:is_mine OR NOT i.is_confidential)
ORDER BY i.position LIMIT 1000;

-- name: lock_item(meeting_id, item_id)^
-- A point of the agenda; the caller holds the meeting.
SELECT item_id, meeting_id, source, case_id, reviewed_id, decision, project_id, is_confidential
FROM meeting_items WHERE meeting_id = :meeting_id AND item_id = :item_id FOR UPDATE;

-- name: has_secrets(meeting_id)$
-- Whether a confidential point is on the agenda.
SELECT EXISTS (SELECT 1 FROM meeting_items WHERE meeting_id = :meeting_id AND is_confidential);

-- name: save_item(item_id, case_id, decision, project_id)!
-- Writes what became of a point.
UPDATE meeting_items SET case_id = :case_id, decision = :decision, project_id = :project_id
WHERE item_id = :item_id;

-- name: unreviewed(meeting_id)$
-- Projects of earlier meetings of the kind nobody has looked at in this one: those agreed before it began, on its
-- agenda or not, and what else is on it.
SELECT count(*) FROM meetings m JOIN projects p ON p.area = m.area AND p.kind = m.kind
WHERE m.meeting_id = :meeting_id AND p.meeting_id <> m.meeting_id AND p.state IN ('planned', 'doing')
  AND (p.agreed_at < m.starts_at OR EXISTS (
      SELECT 1 FROM meeting_items i WHERE i.meeting_id = m.meeting_id AND i.reviewed_id = p.project_id))
  AND NOT EXISTS (
      SELECT 1 FROM project_reviews v WHERE v.project_id = p.project_id AND v.meeting_id = m.meeting_id);

-- name: meetings_held(scopes, kind, since, until)
-- How many meetings of a kind were planned and held in each community.
SELECT g.code AS area, g.name, count(m.meeting_id) FILTER (WHERE m.state = 'held') AS held,
    count(m.meeting_id) FILTER (WHERE m.state = 'planned') AS planned
FROM (
    SELECT DISTINCT ON (left(code, 12)) left(code, 12) AS code, community_name AS name
    FROM grids WHERE code ^@ ANY(:scopes) ORDER BY left(code, 12), net_version DESC
) g
LEFT JOIN meetings m ON m.area = g.code AND m.kind = :kind AND m.starts_at >= :since AND m.starts_at < :until
GROUP BY g.code, g.name ORDER BY g.code LIMIT 2000;

-- name: concerns(area, before, since, until)^
-- What residents raised in a month, and in the month before it to compare with: by category, channel and grid, and how
-- far it is. A matter belongs to the month of its report, as in the rates; what was not taken on counts as raised only.
WITH raised AS MATERIALIZED (
    SELECT c.category, c.channel, c.area, c.state, c.due_at, c.run, c.hold, c.reported_at >= :since AS is_now,
        c.state NOT IN ('declined', 'merged', 'withdrawn') AS is_taken_on
    FROM cases c
    WHERE c.area >= :area::text COLLATE "C" AND c.area < (:area::text || ':') COLLATE "C"
      AND c.reported_at >= :before AND c.reported_at < :until
)
SELECT count(*) FILTER (WHERE is_now) AS reported,
    count(*) FILTER (WHERE NOT is_now) AS reported_before,
    count(*) FILTER (WHERE is_now AND NOT is_taken_on) AS not_taken_on,
    count(*) FILTER (WHERE is_now AND state = 'closed') AS closed,
    count(*) FILTER (WHERE is_now AND is_taken_on AND due_at < clock_timestamp()) AS overdue,
    count(*) FILTER (WHERE is_now AND is_taken_on AND run > 1) AS reworked,
    count(*) FILTER (WHERE is_now AND is_taken_on AND hold IS NOT NULL) AS put_off,
    COALESCE((SELECT jsonb_agg(to_jsonb(t) ORDER BY t.count DESC, t.key)
       FROM (SELECT c.*, (SELECT m.name FROM matters m WHERE m.code = c.key AND m.is_newest) AS label
             FROM (SELECT category AS key,
                       count(*) FILTER (WHERE is_now) AS count, count(*) FILTER (WHERE NOT is_now) AS before
                   FROM raised GROUP BY 1 HAVING count(*) FILTER (WHERE is_now) > 0
                   ORDER BY 2 DESC, 1 LIMIT 10) c) t), '[]') AS categories,
    COALESCE((SELECT jsonb_agg(to_jsonb(t) ORDER BY t.count DESC, t.key)
       FROM (SELECT channel AS key, NULL AS label,
                 count(*) FILTER (WHERE is_now) AS count, count(*) FILTER (WHERE NOT is_now) AS before
             FROM raised GROUP BY channel HAVING count(*) FILTER (WHERE is_now) > 0) t), '[]') AS channels,
    COALESCE((SELECT jsonb_agg(to_jsonb(t) ORDER BY t.count DESC, t.key)
       FROM (SELECT g.*, (SELECT n.community_name || n.name FROM grids n
                          WHERE n.code = g.key ORDER BY n.net_version DESC LIMIT 1) AS label
             FROM (SELECT left(area, 15) AS key,
                       count(*) FILTER (WHERE is_now) AS count, count(*) FILTER (WHERE NOT is_now) AS before
                   FROM raised GROUP BY 1 HAVING count(*) FILTER (WHERE is_now) > 0
                   ORDER BY 2 DESC, 1 LIMIT 10) g) t), '[]') AS grids
FROM raised;

-- name: add_project(project_id, meeting_id, kind, area, title, owner_id, watcher_id, due_on, is_confidential, state, agreed_at)!
-- A meeting agreed on it.
INSERT INTO projects (project_id, meeting_id, kind, area, title, owner_id, watcher_id, due_on, is_confidential, state,
    agreed_at)
VALUES (:project_id, :meeting_id, :kind, :area, :title, :owner_id, :watcher_id, :due_on, :is_confidential, :state,
    :agreed_at);

-- name: lock_project(project_id, scopes, person_id)^
-- Locks a project of the caller's areas, or one they own or watch, with the moment after the lock. What came of a
-- confidential point is for those who were called there.
SELECT p.*, clock_timestamp() AS at FROM projects p
WHERE p.project_id = :project_id
  AND (p.owner_id = :person_id OR p.watcher_id = :person_id
       OR (p.area ^@ ANY(:scopes) AND (NOT p.is_confidential OR EXISTS (
        SELECT 1 FROM meetings m LEFT JOIN meeting_people e ON e.meeting_id = m.meeting_id AND e.person_id = :person_id
        WHERE m.meeting_id = p.meeting_id AND (m.chair_id = :person_id OR e.person_id IS NOT NULL)))))
FOR UPDATE;

-- name: lock_reviewed_project(project_id)^
-- Locks a project that a meeting reviews; the caller holds the meeting.
SELECT p.*, clock_timestamp() AS at FROM projects p WHERE p.project_id = :project_id FOR UPDATE;

-- name: save_project(project_id, state, ended_at, version)!
-- Writes what a review changes.
UPDATE projects SET state = :state, ended_at = :ended_at, version = :version WHERE project_id = :project_id;

-- name: add_project_review(project_id, meeting_id, state, words, person_id, at)!
-- The next look at a project.
INSERT INTO project_reviews (project_id, number, meeting_id, state, words, person_id, at)
SELECT :project_id, COALESCE(max(number), 0) + 1, :meeting_id::uuid, :state, :words, :person_id::uuid, :at
FROM project_reviews WHERE project_id = :project_id;

-- name: project_view(project_id, scopes, person_id, today)^
-- A project with every look at it.
SELECT p.*, p.due_on < :today::date AND p.state IN ('planned', 'doing') AS is_overdue, COALESCE((
    SELECT jsonb_agg(jsonb_build_object('number', r.number, 'meeting_id', r.meeting_id, 'state', r.state,
        'words', r.words, 'person_id', r.person_id, 'at', r.at) ORDER BY r.number)
    FROM project_reviews r WHERE r.project_id = p.project_id), '[]') AS reviews
FROM projects p
WHERE p.project_id = :project_id
  AND (p.owner_id = :person_id OR p.watcher_id = :person_id
       OR (p.area ^@ ANY(:scopes) AND (NOT p.is_confidential OR EXISTS (
        SELECT 1 FROM meetings m LEFT JOIN meeting_people e ON e.meeting_id = m.meeting_id AND e.person_id = :person_id
        WHERE m.meeting_id = p.meeting_id AND (m.chair_id = :person_id OR e.person_id IS NOT NULL)))));

-- name: list_projects(scopes, area, person_id, is_mine, state, overdue_on, today, after_on, after_id, most)
-- Projects of the caller's areas or that they own or watch, in an area where one is named, first due first.
WITH within_reach AS (
    (SELECT p.project_id, p.due_on FROM projects p
     WHERE NOT :is_mine::boolean AND p.area ^@ ANY(:scopes::text[]) AND p.area >= (:scopes::text[])[1]
       AND p.area < (:scopes::text[])[cardinality(:scopes::text[])] || ':'
       AND (NOT p.is_confidential OR EXISTS (
        SELECT 1 FROM meetings m LEFT JOIN meeting_people e ON e.meeting_id = m.meeting_id AND e.person_id = :person_id
        WHERE m.meeting_id = p.meeting_id AND (m.chair_id = :person_id OR e.person_id IS NOT NULL)))
       AND (:state::text IS NULL OR p.state = :state::text)
       AND (:overdue_on::date IS NULL OR (p.due_on < :overdue_on::date AND p.state IN ('planned', 'doing')))
       AND (:after_on::date IS NULL OR (p.due_on, p.project_id) > (:after_on::date, :after_id::uuid))
     ORDER BY p.due_on, p.project_id LIMIT :most)
    UNION
    (SELECT p.project_id, p.due_on FROM projects p
     WHERE p.owner_id = :person_id::uuid AND (:area::text IS NULL OR p.area ^@ :area::text)
       AND (:state::text IS NULL OR p.state = :state::text)
       AND (:overdue_on::date IS NULL OR (p.due_on < :overdue_on::date AND p.state IN ('planned', 'doing')))
       AND (:after_on::date IS NULL OR (p.due_on, p.project_id) > (:after_on::date, :after_id::uuid))
     ORDER BY p.due_on, p.project_id LIMIT :most)
    UNION
    (SELECT p.project_id, p.due_on FROM projects p
     WHERE p.watcher_id = :person_id::uuid AND (:area::text IS NULL OR p.area ^@ :area::text)
       AND (:state::text IS NULL OR p.state = :state::text)
       AND (:overdue_on::date IS NULL OR (p.due_on < :overdue_on::date AND p.state IN ('planned', 'doing')))
       AND (:after_on::date IS NULL OR (p.due_on, p.project_id) > (:after_on::date, :after_id::uuid))
     ORDER BY p.due_on, p.project_id LIMIT :most)
)
SELECT p.*, p.due_on < :today::date AND p.state IN ('planned', 'doing') AS is_overdue, '[]'::jsonb AS reviews
FROM (SELECT project_id FROM within_reach ORDER BY due_on, project_id LIMIT :most) r
JOIN projects p USING (project_id) ORDER BY p.due_on, p.project_id;
