-- name: menu()
-- What residents can order.
SELECT service, name, usual_minutes FROM menu WHERE is_active ORDER BY service;

-- name: menu_item(service)^
-- One service of the menu.
SELECT service, name, usual_minutes FROM menu WHERE service = :service AND is_active;

-- name: seed_menu(service, name, usual_minutes)!
-- A service of the delivered menu, unless the deployment has it already.
INSERT INTO menu (service, name, usual_minutes, is_active) VALUES (:service, :name, :usual_minutes, true)
ON CONFLICT ON CONSTRAINT menu_pkey DO NOTHING;

-- name: insert_orders(orders)
-- Opens orders from a JSON list; a draw that has one already is left out. Answers the ids that were opened.
INSERT INTO service_orders (
    service_order_id, area, service, resident_id, words, ordered_at, draw_id, planned_minutes, household_id, state,
    remark, version)
SELECT
    service_order_id, area, service, resident_id, words, ordered_at, draw_id, planned_minutes, household_id, 'ordered',
    '', 1
FROM jsonb_to_recordset(:orders::jsonb) AS o (
    service_order_id uuid, area text, service text, resident_id uuid, words text, ordered_at timestamptz,
    draw_id uuid, planned_minutes integer, household_id uuid)
ON CONFLICT ON CONSTRAINT service_orders_draw_key DO NOTHING
RETURNING service_order_id;

-- name: lock_order(service_order_id, resident_id, volunteer_id, taker_id, lead_id, scopes)^
-- Locks an order the caller has one of the named relations to (null names none): ordered it, took it, may take it,
-- leads the team it was offered to, or is staff of its area. With the moment after the lock.
SELECT o.*, clock_timestamp() AS at FROM service_orders o
WHERE o.service_order_id = :service_order_id
  AND (o.resident_id = :resident_id::uuid
       OR o.volunteer_id = :volunteer_id::uuid
       OR o.area ^@ ANY(:scopes)
       OR EXISTS (SELECT FROM teams t WHERE t.team_id = o.offered_team_id AND t.lead_id = :lead_id::uuid)
       OR EXISTS (SELECT FROM volunteers v WHERE v.person_id = :taker_id::uuid AND (
              CASE WHEN o.offered_team_id IS NULL THEN o.area ^@ ANY(v.areas)
                   ELSE EXISTS (SELECT FROM members m WHERE m.team_id = o.offered_team_id AND m.person_id = v.person_id)
              END)))
FOR UPDATE OF o;

-- name: get_order(service_order_id, resident_id, volunteer_id, taker_id, lead_id, scopes)^
-- The same without the lock; an order that is no longer open is shown to those who have part in it only. Who merely
-- may take it has no part in it yet.
SELECT o.*, m.name AS service_name,
       (o.resident_id = :resident_id::uuid
        OR o.volunteer_id = :volunteer_id::uuid
        OR o.area ^@ ANY(:scopes)
        OR EXISTS (SELECT FROM teams t WHERE t.team_id = o.offered_team_id AND t.lead_id = :lead_id::uuid)) IS TRUE AS has_part
FROM service_orders o LEFT JOIN menu m USING (service)
WHERE o.service_order_id = :service_order_id
  AND (o.resident_id = :resident_id::uuid
       OR o.volunteer_id = :volunteer_id::uuid
       OR o.area ^@ ANY(:scopes)
       OR EXISTS (SELECT FROM teams t WHERE t.team_id = o.offered_team_id AND t.lead_id = :lead_id::uuid)
       OR o.state = 'ordered' AND EXISTS (SELECT FROM volunteers v WHERE v.person_id = :taker_id::uuid AND (
              CASE WHEN o.offered_team_id IS NULL THEN o.area ^@ ANY(v.areas)
                   ELSE EXISTS (SELECT FROM members m WHERE m.team_id = o.offered_team_id AND m.person_id = v.person_id)
              END)));

-- name: save_order(service_order_id, offered_team_id, volunteer_id, state, minutes, rating, remark, taken_at, served_at, confirmed_at, version)!
-- Writes what may change of an order; the caller holds the lock.
UPDATE service_orders SET
    offered_team_id = :offered_team_id, volunteer_id = :volunteer_id, state = :state, minutes = :minutes,
    rating = :rating, remark = :remark, taken_at = :taken_at, served_at = :served_at, confirmed_at = :confirmed_at,
    version = :version
WHERE service_order_id = :service_order_id;

-- name: list_ordered_by(person_id, state, before, most)
-- What a person ordered, newest first.
SELECT o.*, m.name AS service_name FROM service_orders o LEFT JOIN menu m USING (service)
WHERE o.resident_id = :person_id
  AND (:state::text IS NULL OR o.state = :state::text)
  AND (:before::uuid IS NULL OR o.service_order_id < :before::uuid)
ORDER BY o.service_order_id DESC LIMIT :most;

-- name: list_taken_by(person_id, state, before, most)
-- What a volunteer took, newest first.
SELECT o.*, m.name AS service_name FROM service_orders o LEFT JOIN menu m USING (service)
WHERE o.volunteer_id = :person_id
  AND (:state::text IS NULL OR o.state = :state::text)
  AND (:before::uuid IS NULL OR o.service_order_id < :before::uuid)
ORDER BY o.service_order_id DESC LIMIT :most;

-- name: list_takeable(person_id, household_id, before, most)
-- Open orders a volunteer may take: of their areas, or offered to their team; none of the own household.
SELECT o.*, m.name AS service_name
FROM volunteers v
JOIN service_orders o ON o.state IN ('ordered', 'taken', 'served') AND o.state = 'ordered' AND o.resident_id <> v.person_id AND (
    CASE WHEN o.offered_team_id IS NULL THEN o.area ^@ ANY(v.areas)
         ELSE EXISTS (SELECT FROM members b WHERE b.team_id = o.offered_team_id AND b.person_id = v.person_id)
    END)
LEFT JOIN menu m USING (service)
WHERE v.person_id = :person_id
  AND o.household_id IS DISTINCT FROM coalesce(:household_id::uuid, '00000000-0000-0000-0000-000000000000')
  AND o.service_order_id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
ORDER BY o.service_order_id DESC LIMIT :most;

-- name: list_area_orders(scopes, lead_id, state, before, most)
-- Orders of the areas the caller is staff of, and those offered to a team the caller leads; newest first. One short
-- walk of an index for each scope, by its level, and for each team.
WITH found AS (
    SELECT o.service_order_id
    FROM unnest(:scopes::text[]) AS scope (prefix)
    CROSS JOIN LATERAL (
        (
            SELECT service_order_id FROM service_orders
            WHERE length(scope.prefix) = 4 AND area ^@ scope.prefix
              AND (:state::text IS NULL OR state = :state::text)
              AND service_order_id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
            ORDER BY service_order_id DESC LIMIT :most
        )
        UNION ALL
        (
            SELECT service_order_id FROM service_orders
            WHERE length(scope.prefix) = 6 AND left(area, 6) = scope.prefix
              AND (:state::text IS NULL OR state = :state::text)
              AND service_order_id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
            ORDER BY service_order_id DESC LIMIT :most
        )
        UNION ALL
        (
            SELECT service_order_id FROM service_orders
            WHERE length(scope.prefix) = 9 AND left(area, 9) = scope.prefix
              AND (:state::text IS NULL OR state = :state::text)
              AND service_order_id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
            ORDER BY service_order_id DESC LIMIT :most
        )
        UNION ALL
        (
            SELECT service_order_id FROM service_orders
            WHERE length(scope.prefix) >= 12 AND left(area, 12) = left(scope.prefix, 12) AND area ^@ scope.prefix
              AND (:state::text IS NULL OR state = :state::text)
              AND service_order_id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
            ORDER BY service_order_id DESC LIMIT :most
        )
    ) AS o
    UNION
    SELECT o.service_order_id
    FROM teams AS t
    CROSS JOIN LATERAL (
        SELECT service_order_id FROM service_orders
        WHERE offered_team_id = t.team_id AND (:state::text IS NULL OR state = :state::text)
          AND service_order_id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
        ORDER BY service_order_id DESC LIMIT :most
    ) AS o
    WHERE t.lead_id = :lead_id::uuid
)
SELECT o.*, m.name AS service_name
FROM service_orders o LEFT JOIN menu m USING (service)
WHERE o.service_order_id IN (SELECT service_order_id FROM found ORDER BY service_order_id DESC LIMIT :most)
ORDER BY o.service_order_id DESC LIMIT :most;

-- name: list_live_area_orders(scopes, lead_id, state, before, most)
-- The same for a state in which an order is not over: they are few, and are looked through.
SELECT o.*, m.name AS service_name FROM service_orders o LEFT JOIN menu m USING (service)
WHERE o.state IN ('ordered', 'taken', 'served') AND o.state = :state::text
  AND (o.area ^@ ANY(:scopes)
       OR o.offered_team_id IN (SELECT t.team_id FROM teams t WHERE t.lead_id = :lead_id::uuid))
  AND o.service_order_id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
ORDER BY o.service_order_id DESC LIMIT :most;
