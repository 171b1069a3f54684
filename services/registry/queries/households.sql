-- Households, their members, and kinship.

-- name: insert_household(id, area, book_number, address, x, y)!
-- A new household.
INSERT INTO households (id, area, book_number, address, place)
VALUES (:id, :area, :book_number, :address, point(:x::float8, :y::float8));

-- name: update_household(id, area, book_number, address, x, y, active, version)!
-- A household's next state.
UPDATE households
SET area = :area, book_number = :book_number, address = :address, place = point(:x::float8, :y::float8),
    active = :active, version = :version
WHERE id = :id;

-- name: add_member(household_id, person_id, relation, position)!
-- A person joins a household.
INSERT INTO household_members (household_id, person_id, relation, position)
VALUES (:household_id, :person_id, :relation, :position);

-- name: end_members(household_id, stay)!
-- Everybody but these has left the household.
UPDATE household_members SET until = clock_timestamp()
WHERE household_id = :household_id AND until IS NULL AND person_id <> ALL(:stay::uuid[]);

-- name: update_member(household_id, person_id, relation, position)!
-- Another relation to the head, or another place in the list.
UPDATE household_members SET relation = :relation, position = :position
WHERE household_id = :household_id AND person_id = :person_id AND until IS NULL;

-- name: get_household(id, scopes, self_id)^
-- A household inside the caller's scopes, or the caller's own.
SELECT h.id, h.area, h.book_number, h.address, h.place[0] AS x, h.place[1] AS y, h.active, h.version
FROM households h
WHERE h.id = :id
  AND (h.area ^@ ANY(:scopes::text[])
       OR EXISTS (SELECT 1 FROM household_members m
                  WHERE m.household_id = h.id AND m.person_id = :self_id::uuid AND m.until IS NULL));

-- name: lock_household(id, scopes)^
-- A household inside the caller's scopes, held.
SELECT id, area, book_number, address, place[0] AS x, place[1] AS y, active, version
FROM households WHERE id = :id AND area ^@ ANY(:scopes::text[]) FOR UPDATE;

-- name: members_of(household_ids)
-- The present members of households, each household's head first.
SELECT household_id, person_id, relation
FROM household_members WHERE household_id = ANY(:household_ids::uuid[]) AND until IS NULL
ORDER BY household_id, position;

-- name: list_households(scopes, active, after_area, after_id, most)
-- Households inside the caller's scopes, by area. One short walk of the index per scope.
SELECT h.id, h.area, h.book_number, h.address, h.place[0] AS x, h.place[1] AS y, h.active, h.version
FROM unnest(:scopes::text[]) AS scope (prefix)
CROSS JOIN LATERAL (
    -- Where this scope's part of the page begins: one bound only, or the walk starts before the scope.
    SELECT greatest(scope.prefix, :after_area) AS area,
           CASE WHEN scope.prefix > :after_area THEN '00000000-0000-0000-0000-000000000000' ELSE :after_id END::uuid AS id
) AS start
CROSS JOIN LATERAL (
    SELECT id, area, book_number, address, place, active, version
    FROM households
    WHERE (area, id) > (start.area, start.id) AND area < scope.prefix || ':'
      AND (:active::boolean IS NULL OR active = :active)
    ORDER BY area, id
    LIMIT :most
) AS h
ORDER BY h.area, h.id
LIMIT :most;

-- name: households_of_book(book_number, scopes, active, after_area, after_id, most)
-- Households inside the caller's scopes with this book number: one in each subdistrict at most.
SELECT id, area, book_number, address, place[0] AS x, place[1] AS y, active, version
FROM households
WHERE book_number = :book_number AND area ^@ ANY(:scopes::text[]) AND (area, id) > (:after_area, :after_id::uuid)
  AND (:active::boolean IS NULL OR active = :active)
ORDER BY area, id
LIMIT :most;

-- name: household_of_person(person_id)^
-- The household a person belongs to now.
SELECT household_id FROM household_members WHERE person_id = :person_id AND until IS NULL;

-- name: lock_households_of(area)
-- The living households of a subdistrict, held.
SELECT id, area, book_number, address, place[0] AS x, place[1] AS y, active, version
FROM households WHERE area >= :area AND area < :area || ':' AND active ORDER BY id FOR UPDATE;

-- name: insert_kinship(id, area, person_id, relative_id, relation, state, registered_by, registered_at)!
-- A kinship somebody stated.
INSERT INTO kinships (id, area, person_id, relative_id, relation, state, registered_by, registered_at)
VALUES (:id, :area, :person_id, :relative_id, :relation, :state, :registered_by, :registered_at);

-- name: update_kinship(id, state, decided_by, decided_at, version)!
-- Confirmed or declined.
UPDATE kinships SET state = :state, decided_by = :decided_by, decided_at = :decided_at, version = :version
WHERE id = :id;

-- name: get_kinship(id, scopes, self_id)^
-- A kinship inside the caller's scopes, or the caller's own.
SELECT id, area, person_id, relative_id, relation, state, registered_by, registered_at, decided_by, decided_at,
       version
FROM kinships
WHERE id = :id AND (area ^@ ANY(:scopes::text[]) OR :self_id::uuid IN (person_id, relative_id));

-- name: lock_kinship(id, scopes)^
-- A kinship inside the caller's scopes, held.
SELECT id, area, person_id, relative_id, relation, state, registered_by, registered_at, decided_by, decided_at,
       version
FROM kinships WHERE id = :id AND area ^@ ANY(:scopes::text[]) FOR UPDATE;

-- name: list_kinships(scopes, after_area, after_id, most)
-- Kinships inside the caller's scopes, by area.
SELECT k.id, k.area, k.person_id, k.relative_id, k.relation, k.state, k.registered_by, k.registered_at,
       k.decided_by, k.decided_at, k.version
FROM unnest(:scopes::text[]) AS scope (prefix)
CROSS JOIN LATERAL (
    -- Where this scope's part of the page begins: one bound only, or the walk starts before the scope.
    SELECT greatest(scope.prefix, :after_area) AS area,
           CASE WHEN scope.prefix > :after_area THEN '00000000-0000-0000-0000-000000000000' ELSE :after_id END::uuid AS id
) AS start
CROSS JOIN LATERAL (
    SELECT id, area, person_id, relative_id, relation, state, registered_by, registered_at, decided_by, decided_at,
           version
    FROM kinships
    WHERE (area, id) > (start.area, start.id) AND area < scope.prefix || ':'
    ORDER BY area, id
    LIMIT :most
) AS k
ORDER BY k.area, k.id
LIMIT :most;

-- name: list_kinships_in(state, scopes, after_area, after_id, most)
-- Kinships of one state inside the caller's scopes, by area: what an officer has still to confirm.
SELECT k.id, k.area, k.person_id, k.relative_id, k.relation, k.state, k.registered_by, k.registered_at,
       k.decided_by, k.decided_at, k.version
FROM unnest(:scopes::text[]) AS scope (prefix)
CROSS JOIN LATERAL (
    -- Where this scope's part of the page begins: one bound only, or the walk starts before the scope.
    SELECT greatest(scope.prefix, :after_area) AS area,
           CASE WHEN scope.prefix > :after_area THEN '00000000-0000-0000-0000-000000000000' ELSE :after_id END::uuid AS id
) AS start
CROSS JOIN LATERAL (
    SELECT id, area, person_id, relative_id, relation, state, registered_by, registered_at, decided_by, decided_at,
           version
    FROM kinships
    WHERE state = :state AND (area, id) > (start.area, start.id) AND area < scope.prefix || ':'
    ORDER BY area, id
    LIMIT :most
) AS k
ORDER BY k.area, k.id
LIMIT :most;

-- name: kinships_of_person(person_id)
-- A person's kinships that were not declined.
SELECT id, area, person_id, relative_id, relation, state, registered_by, registered_at, decided_by, decided_at,
       version
FROM kinships
WHERE (person_id = :person_id::uuid OR relative_id = :person_id::uuid) AND state <> 'declined'
ORDER BY id
LIMIT 200;
