-- People, and the audited reading of their numbers.

-- name: insert_person(id, area, name, phone, phone_index, identity_number, identity_number_index, permanent_resident)!
-- A new person; numbers come sealed.
INSERT INTO people (id, area, name, phone, phone_index, identity_number, identity_number_index, permanent_resident)
VALUES (:id, :area, :name, :phone, :phone_index, :identity_number, :identity_number_index, :permanent_resident);

-- name: update_person(id, area, name, permanent_resident, version)!
-- Other particulars.
UPDATE people SET area = :area, name = :name, permanent_resident = :permanent_resident, version = :version
WHERE id = :id;

-- name: update_phone(id, sealed, blind)!
-- Another phone, sealed.
UPDATE people SET phone = :sealed, phone_index = :blind WHERE id = :id;

-- name: update_identity_number(id, sealed, blind)!
-- Another identity number, sealed.
UPDATE people SET identity_number = :sealed, identity_number_index = :blind WHERE id = :id;

-- name: get_person(id, scopes, self_id)^
-- A person inside the caller's scopes, or the caller.
SELECT id, area, name, phone, identity_number, permanent_resident, version
FROM people WHERE id = :id AND (area ^@ ANY(:scopes::text[]) OR id = :self_id::uuid);

-- name: lock_person(id, scopes)^
-- A person inside the caller's scopes, held.
SELECT id, area, name, phone, identity_number, permanent_resident, version
FROM people WHERE id = :id AND area ^@ ANY(:scopes::text[]) FOR UPDATE;

-- name: lock_people(ids, scopes)
-- People inside the caller's scopes, held in the order of their ids, so that two callers cannot deadlock.
SELECT id, area, name, phone, identity_number, permanent_resident, version
FROM people WHERE id = ANY(:ids::uuid[]) AND area ^@ ANY(:scopes::text[]) ORDER BY id FOR UPDATE;

-- name: list_people(scopes, after_area, after_id, most)
-- People inside the caller's scopes, by area. One short walk of the index per scope.
SELECT p.id, p.area, p.name, p.phone, p.identity_number, p.permanent_resident, p.version
FROM unnest(:scopes::text[]) AS scope (prefix)
CROSS JOIN LATERAL (
    -- Where this scope's part of the page begins: one bound only, or the walk starts before the scope.
    SELECT greatest(scope.prefix, :after_area) AS area,
           CASE WHEN scope.prefix > :after_area THEN '00000000-0000-0000-0000-000000000000' ELSE :after_id END::uuid AS id
) AS start
CROSS JOIN LATERAL (
    SELECT id, area, name, phone, identity_number, permanent_resident, version
    FROM people
    WHERE (area, id) > (start.area, start.id) AND area < scope.prefix || ':'
    ORDER BY area, id
    LIMIT :most
) AS p
ORDER BY p.area, p.id
LIMIT :most;

-- name: find_people(name, phone_index, identity_number_index, scopes, most)
-- People inside the caller's scopes with exactly this name, phone and identity number; NULL asks nothing.
SELECT id, area, name, phone, identity_number, permanent_resident, version
FROM people
WHERE (:name::text IS NULL OR name = :name)
  AND (:phone_index::bytea IS NULL OR phone_index = :phone_index)
  AND (:identity_number_index::bytea IS NULL OR identity_number_index = :identity_number_index)
  AND area ^@ ANY(:scopes::text[])
ORDER BY id
LIMIT :most;

-- name: add_unmasking(id, person_id, fields, reason, by_person)!
-- Notes who read which plain numbers, and why.
INSERT INTO unmaskings (id, person_id, fields, reason, by_person)
VALUES (:id, :person_id, :fields, :reason, :by_person);

-- name: list_unmaskings(person_id, after, most)
-- Who read a person's numbers, newest first.
SELECT id, person_id, fields, reason, by_person, at
FROM unmaskings
WHERE person_id = :person_id AND (:after::uuid IS NULL OR id < :after::uuid)
ORDER BY id DESC
LIMIT :most;
