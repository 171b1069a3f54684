-- name: mark_stalled(most)
-- Marks matters that stand still for longer than they may, a bounded number of each kind, the longest first.
WITH standing AS (
    SELECT c.case_id, 'no_progress' AS reason, c.moved_at AS since
    FROM progress_limits l
    JOIN LATERAL (
        SELECT c.case_id, c.moved_at FROM cases c
        WHERE c.state = l.about AND c.moved_at < clock_timestamp() - make_interval(hours => l.hours)
          AND c.state IN ('received', 'triaged', 'handling', 'resolved', 'checked', 'called_back')
          AND c.stalled_as IS NULL AND c.hold IS NULL
          -- A department at work is progress though the matter's own timeline says nothing.
          AND NOT EXISTS (
              SELECT 1 FROM tasks t
              WHERE t.case_id = c.case_id AND t.state NOT IN ('finished', 'closed')
                AND t.changed_at >= clock_timestamp() - make_interval(hours => l.hours))
        ORDER BY c.moved_at LIMIT :most
    ) c ON true
    UNION ALL
    (SELECT o.case_id, l.about, o.whistled_at
     FROM progress_limits l
     JOIN orders o ON o.state = 'called' AND o.whistled_at < clock_timestamp() - make_interval(hours => l.hours)
     JOIN cases c ON c.case_id = o.case_id AND c.stalled_as IS NULL
         AND c.state IN ('received', 'triaged', 'handling')
     WHERE l.about = 'order_not_opened' ORDER BY o.whistled_at LIMIT :most)
    UNION ALL
    (SELECT t.case_id, l.about, t.changed_at
     FROM progress_limits l
     JOIN tasks t ON t.state = 'sent' AND t.changed_at < clock_timestamp() - make_interval(hours => l.hours)
     JOIN cases c ON c.case_id = t.case_id AND c.stalled_as IS NULL AND c.hold IS NULL
         AND c.state IN ('received', 'triaged', 'handling')
     WHERE l.about = 'task_not_answered' ORDER BY t.changed_at LIMIT :most)
    UNION ALL
    (SELECT c.case_id, l.about, c.moved_at
     FROM progress_limits l
     JOIN cases c ON c.state IN ('received', 'triaged') AND c.stalled_as IS NULL AND c.hold IS NULL
         AND c.first_handler_by IS NULL
         AND c.moved_at < clock_timestamp() - make_interval(hours => l.hours)
     WHERE l.about = 'nobody_assigned'
       AND NOT EXISTS (
           SELECT 1 FROM posts p
           WHERE p.area = c.area AND p.is_held AND p.person_id IS NOT NULL
             AND p.kind IN ('lead', 'full_time_worker'))
     ORDER BY c.moved_at LIMIT :most)
),
-- What others owe a matter says more than that it stands.
told AS (
    SELECT DISTINCT ON (case_id) case_id, reason, since FROM standing
    ORDER BY case_id, (reason = 'no_progress'), since
),
locked AS (
    SELECT c.case_id FROM cases c JOIN told USING (case_id)
    WHERE c.stalled_as IS NULL ORDER BY c.case_id FOR UPDATE OF c SKIP LOCKED
)
UPDATE cases c SET stalled_as = told.reason, stalled_at = clock_timestamp()
FROM locked JOIN told USING (case_id)
WHERE c.case_id = locked.case_id
RETURNING c.case_id, c.area, c.state, c.stalled_as AS reason, told.since;

-- name: unmark_moving(most)!
-- Takes the mark from matters that move again, or whose limit was lengthened. A step of the matter's own takes it
-- at once.
WITH moving AS (
    SELECT c.case_id FROM cases c
    JOIN progress_limits l ON l.about = CASE c.stalled_as WHEN 'no_progress' THEN c.state ELSE c.stalled_as END
    CROSS JOIN LATERAL (SELECT clock_timestamp() - make_interval(hours => l.hours) AS cut) AS limits
    WHERE c.stalled_as IS NOT NULL AND CASE c.stalled_as
        WHEN 'no_progress' THEN c.hold IS NOT NULL OR c.moved_at >= limits.cut OR EXISTS (
            SELECT 1 FROM tasks t
            WHERE t.case_id = c.case_id AND t.state NOT IN ('finished', 'closed') AND t.changed_at >= limits.cut)
        WHEN 'order_not_opened' THEN NOT EXISTS (
            SELECT 1 FROM orders o
            WHERE o.case_id = c.case_id AND o.state = 'called' AND o.whistled_at < limits.cut)
        WHEN 'task_not_answered' THEN NOT EXISTS (
            SELECT 1 FROM tasks t
            WHERE t.case_id = c.case_id AND t.state = 'sent' AND t.changed_at < limits.cut)
        ELSE c.moved_at >= limits.cut OR EXISTS (
            SELECT 1 FROM posts p
            WHERE p.area = c.area AND p.is_held AND p.person_id IS NOT NULL
              AND p.kind IN ('lead', 'full_time_worker'))
        END
    ORDER BY c.case_id LIMIT :most FOR UPDATE OF c SKIP LOCKED
)
UPDATE cases c SET stalled_as = NULL, stalled_at = NULL FROM moving WHERE c.case_id = moving.case_id;

-- name: stalled_counts()
-- How many matters stand still, by reason.
SELECT stalled_as AS reason, count(*) AS n FROM cases WHERE stalled_as IS NOT NULL GROUP BY stalled_as;

-- name: progress_limits()
-- How long each kind of standstill may last.
SELECT about, hours, changed_at FROM progress_limits ORDER BY about;

-- name: set_progress_limit(about, hours, person_id)!
-- Changes one of them.
UPDATE progress_limits SET hours = :hours, changed_by = :person_id, changed_at = clock_timestamp()
WHERE about = :about AND hours <> :hours;
