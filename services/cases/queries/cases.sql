-- name: filing(grid, category)^
-- What is needed to file a matter: a counter, the moment, the catalogue's matter, who answers for the grid.
SELECT nextval('case_numbers') AS counter, clock_timestamp() AS at, (
    SELECT to_jsonb(m) FROM matters m WHERE m.code = :category AND m.is_newest AND m.is_active
) AS matter, COALESCE((
    SELECT jsonb_agg(jsonb_build_object('kind', p.kind, 'duty_name', p.duty_name, 'duty_phone', p.duty_phone)
                     ORDER BY p.kind DESC, p.post_id)
    FROM posts p WHERE p.area = :grid AND p.is_held AND p.kind IN ('lead', 'full_time_worker')
), '[]') AS responsible;

-- name: insert_case(case_id, number, area, state, category, channel, urgency, mechanism, scope_class, level, sla_class, category_version, words, longitude, latitude, address, reporter_id, is_confidential, has_reporter, first_inquiry_by, documents_missing, reported_at, timeline_length, timeline_hash, entries)!
-- Files a matter with its first timeline entries (a JSON list, bytes in hex); what only happens later has its default.
WITH added AS (
    INSERT INTO timeline (case_id, position, action, person_id, role, area, at, detail, hash, salt, person_ref, marks)
    SELECT e.case_id, e.position, e.action, e.person_id, e.role, e.area, e.at, e.detail, decode(e.hash, 'hex'),
        decode(e.salt, 'hex'), decode(e.person_ref, 'hex'), decode(e.marks, 'hex')
    FROM jsonb_to_recordset(:entries::jsonb) AS e (
        case_id uuid, position integer, action text, person_id uuid, role text, area text, at timestamptz,
        detail jsonb, hash text, salt text, person_ref text, marks text
    )
)
INSERT INTO cases (
    case_id, number, area, state, category, channel, urgency, mechanism, scope_class, level, sla_class,
    category_version, words, longitude, latitude, address, reporter_id, is_confidential, has_reporter,
    first_inquiry_by, documents_missing, reported_at, timeline_length, timeline_hash
) VALUES (
    :case_id, :number, :area, :state, :category, :channel, :urgency, :mechanism, :scope_class, :level, :sla_class,
    :category_version, :words, :longitude, :latitude, :address, :reporter_id, :is_confidential, :has_reporter,
    :first_inquiry_by, :documents_missing, :reported_at, :timeline_length, :timeline_hash
);

-- name: lock_case(case_id, scopes, person_id, department)^
-- Locks a matter within reach, with the moment after the lock.
SELECT c.*, clock_timestamp() AS at
FROM cases c
WHERE c.case_id = :case_id
  AND (c.area ^@ ANY(:scopes) OR c.reporter_id = :person_id OR :department = ANY(c.departments))
FOR UPDATE;

-- name: lock_cases(case_ids)
-- Locks matters named by events, in the order of their ids so that two batches cannot deadlock.
SELECT c.*, clock_timestamp() AS at FROM cases c WHERE c.case_id = ANY(:case_ids) ORDER BY c.case_id FOR UPDATE;

-- name: save_case(case_id, area, state, urgency, mechanism, scope_class, level, first_handler_by, run, hold, review_on, open_orders, departments, calls_made, met, settled, satisfaction, merged_into, documents_missing, resolved_at, closed_at, version, timeline_length, timeline_hash, entries)!
-- Writes what a step may change and its timeline entries (a JSON list, bytes in hex); the caller holds the lock.
WITH added AS (
    INSERT INTO timeline (case_id, position, action, person_id, role, area, at, detail, hash, salt, person_ref, marks)
    SELECT e.case_id, e.position, e.action, e.person_id, e.role, e.area, e.at, e.detail, decode(e.hash, 'hex'),
        decode(e.salt, 'hex'), decode(e.person_ref, 'hex'), decode(e.marks, 'hex')
    FROM jsonb_to_recordset(:entries::jsonb) AS e (
        case_id uuid, position integer, action text, person_id uuid, role text, area text, at timestamptz,
        detail jsonb, hash text, salt text, person_ref text, marks text
    )
)
UPDATE cases SET
    area = :area, state = :state, urgency = :urgency, mechanism = :mechanism, scope_class = :scope_class,
    level = :level, first_handler_by = :first_handler_by, run = :run, hold = :hold, review_on = :review_on,
    open_orders = :open_orders, departments = :departments, calls_made = :calls_made, met = :met,
    settled = :settled, satisfaction = :satisfaction, merged_into = :merged_into,
    documents_missing = :documents_missing, resolved_at = :resolved_at, closed_at = :closed_at, version = :version,
    timeline_length = :timeline_length, timeline_hash = :timeline_hash,
    moved_at = clock_timestamp(), stalled_as = NULL, stalled_at = NULL
WHERE case_id = :case_id;

-- name: get_case(case_id, scopes, person_id, department)^
-- A matter the caller may see, with names, who answers for its grid, its whistles and their tasks, and the
-- confidential reporter this caller must not know. Whoever took the report may follow it.
SELECT c.*, m.name AS category_name, g.name AS grid_name, g.community_name, n.area_name AS subdistrict_name,
    CASE WHEN c.is_confidential AND NOT (
        c.area ^@ ANY(:scopes) OR c.reporter_id = :person_id OR c.first_inquiry_by = :person_id
    ) THEN c.reporter_id END AS hidden_id,
    f.origin_kind, f.origin_id, f.outside_number,
    -- A department knows the caller it has to meet, unless they asked to stay unknown.
    CASE WHEN c.area ^@ ANY(:scopes) OR c.first_inquiry_by = :person_id
              OR NOT c.is_confidential AND :department = ANY(c.departments)
         THEN jsonb_build_array(encode(k.name, 'hex'), encode(k.phone, 'hex')) END AS sealed_caller,
    CASE WHEN c.merged_into IS NOT NULL THEN (
        WITH RECURSIVE followed AS (
            SELECT into_.case_id, into_.merged_into, 1 AS hops FROM cases into_ WHERE into_.case_id = c.merged_into
            UNION ALL
            SELECT next.case_id, next.merged_into, hops + 1
            FROM followed JOIN cases next ON next.case_id = followed.merged_into WHERE hops < 50
        )
        SELECT jsonb_build_object('number', into_.number, 'state', into_.state, 'due_at', into_.due_at,
            'resolved_at', into_.resolved_at, 'closed_at', into_.closed_at)
        FROM followed JOIN cases into_ USING (case_id) ORDER BY followed.hops DESC LIMIT 1
    ) END AS outcome,
    COALESCE((
        SELECT jsonb_agg(jsonb_build_object('kind', p.kind, 'duty_name', p.duty_name, 'duty_phone', p.duty_phone)
                         ORDER BY p.kind DESC, p.post_id)
        FROM posts p WHERE p.area = c.area AND p.is_held AND p.kind IN ('lead', 'full_time_worker')
    ), '[]') AS responsible,
    COALESCE((
        SELECT jsonb_agg(jsonb_build_object(
            'order_id', o.order_id, 'kind', o.kind, 'state', o.state, 'whistled_at', o.whistled_at,
            'departments', o.departments, 'tasks', COALESCE((
                SELECT jsonb_agg(jsonb_build_object(
                    'task_id', t.task_id, 'department_id', t.department_id, 'department_name', d.name,
                    'is_main', t.is_main, 'state', t.state, 'changed_at', t.changed_at, 'card', t.card
                ) ORDER BY t.is_main DESC, t.department_id)
                FROM tasks t LEFT JOIN departments d USING (department_id) WHERE t.order_id = o.order_id
            ), '[]')) ORDER BY o.whistled_at, o.order_id)
        FROM orders o WHERE o.case_id = c.case_id
    ), '[]') AS orders
FROM cases c
-- As it was called when it was filed; matters of an early release do not know by which version.
LEFT JOIN matters m ON m.code = c.category
    AND (m.version = c.category_version OR c.category_version IS NULL AND m.is_newest)
LEFT JOIN filings f ON f.case_id = c.case_id
LEFT JOIN callers k ON k.case_id = c.case_id AND k.erased_at IS NULL
LEFT JOIN LATERAL (
    SELECT * FROM grids WHERE grids.code = c.area ORDER BY grids.net_version DESC LIMIT 1
) g ON true
LEFT JOIN nets n ON n.area = g.subdistrict AND n.net_version = g.net_version
WHERE c.case_id = :case_id
  AND (c.area ^@ ANY(:scopes) OR c.reporter_id = :person_id OR c.first_inquiry_by = :person_id
       OR :department = ANY(c.departments));

-- name: set_due(case_ids, due_ats)!
-- Copies when matters are due.
UPDATE cases c SET due_at = d.due_at
FROM unnest(:case_ids::uuid[], :due_ats::timestamptz[]) AS d (case_id, due_at)
WHERE c.case_id = d.case_id;

-- name: hold_id(case_id)^
-- Keeps an id to this transaction, whether a matter has it or not.
SELECT pg_advisory_xact_lock(hashtextextended('case ' || :case_id::text, 0));

-- name: filer_of(case_id)$
-- Who filed the matter of this id, if it exists.
SELECT first_inquiry_by FROM cases WHERE case_id = :case_id;
