-- Departments and their responders.

-- name: list_departments(inside, active, after, most)
-- Departments that serve an area inside the given one, by id.
SELECT id, area, kind, name, active, version
FROM departments
WHERE id > :after AND area >= :inside AND area < :inside || ':' AND (:active::boolean IS NULL OR active = :active)
ORDER BY id
LIMIT :most;

-- name: get_department(id)^
-- One department.
SELECT id, area, kind, name, active, version FROM departments WHERE id = :id;

-- name: lock_department(id, scopes)^
-- One department inside the caller's scopes, held.
SELECT id, area, kind, name, active, version FROM departments
WHERE id = :id AND area ^@ ANY(:scopes::text[]) FOR UPDATE;

-- name: insert_department(id, area, kind, name, active, version)!
-- A new department.
INSERT INTO departments (id, area, kind, name, active, version)
VALUES (:id, :area, :kind, :name, :active, :version);

-- name: update_department(id, name, active, version)!
-- Another name, closed or open.
UPDATE departments SET name = :name, active = :active, version = :version WHERE id = :id;

-- name: list_responders(department_id, scopes, after, most)
-- Who signs for a department that serves the caller's area or one around it.
SELECT r.person_id, p.name, r.since
FROM responders r
JOIN people p ON p.id = r.person_id
JOIN departments d ON d.id = r.department_id
WHERE r.department_id = :department_id AND r.person_id > :after::uuid
  AND EXISTS (SELECT 1 FROM unnest(:scopes::text[]) AS scope (prefix)
              WHERE d.area ^@ scope.prefix OR scope.prefix ^@ d.area)
ORDER BY r.person_id
LIMIT :most;

-- name: add_responder(department_id, person_id)!
-- A person signs for the department from now on.
INSERT INTO responders (department_id, person_id) VALUES (:department_id, :person_id) ON CONFLICT DO NOTHING;

-- name: remove_responder(department_id, person_id)!
-- A person no longer signs for the department.
DELETE FROM responders WHERE department_id = :department_id AND person_id = :person_id;
