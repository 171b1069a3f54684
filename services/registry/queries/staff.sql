-- name: lock_staff_to_announce(most)
-- Accounts that changed since they were announced, locked; whoever is at one already announces it.
SELECT user_id, person_id, roles, areas, department_id, active, announced_area FROM users
WHERE NOT is_announced ORDER BY user_id LIMIT :most FOR UPDATE SKIP LOCKED;

-- name: staff_announced(user_ids, announced_areas)!
-- They were announced, each in an area.
UPDATE users SET is_announced = true, announced_area = a.area
FROM unnest(:user_ids::uuid[], :announced_areas::text[]) AS a (user_id, area)
WHERE users.user_id = a.user_id;

-- name: mark_staff()!
-- Every account that others may know is told of anew.
UPDATE users SET is_announced = false WHERE is_announced AND (areas <> '{}' OR announced_area IS NOT NULL);
