-- People, and the audited reading of their numbers.

-- name: insert_person(id, area, name, phone, phone_index, identity_number, identity_number_index, shares_number, permanent_resident)!
-- A new person; numbers come sealed.
INSERT INTO people (
    id, area, name, phone, phone_index, identity_number, identity_number_index, shares_number, permanent_resident)
VALUES (
    :id, :area, :name, :phone, :phone_index, :identity_number, :identity_number_index, :shares_number,
    :permanent_resident);

-- name: hold_number(blind)^
-- Whoever registers the same identity number waits until this transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('identity number ' || encode(:blind, 'hex'), 0));

-- name: holders_of_number(blind, scopes, but)
-- Whether those who hold an identity number already, but for one person, are inside the caller's scopes.
SELECT area ^@ ANY(:scopes::text[]) AS is_inside FROM people
WHERE identity_number_index = :blind AND id <> :but;

-- name: settle_number(blind)!
-- When the one who held a number without a mark holds it no longer, the next of those who share it does.
UPDATE people SET shares_number = false
WHERE shares_number
  AND id = (SELECT id FROM people WHERE identity_number_index = :blind ORDER BY shares_number, id LIMIT 1);

-- name: sharing_number(scopes, after, most)
-- People marked as sharing a number with others that are inside the scopes too, by id.
SELECT p.id, p.identity_number_index
FROM people p
WHERE p.shares_number AND p.id > :after::uuid AND p.area ^@ ANY(:scopes::text[])
  AND EXISTS (
      SELECT FROM people o
      WHERE o.identity_number_index = p.identity_number_index AND o.id <> p.id AND o.area ^@ ANY(:scopes::text[]))
ORDER BY p.id
LIMIT :most;

-- name: people_of_numbers(blinds, scopes)
-- Everybody inside the scopes who holds one of these numbers.
SELECT id, area, name, phone, identity_number, identity_number_index, permanent_resident, version
FROM people
WHERE identity_number_index = ANY(:blinds::bytea[]) AND area ^@ ANY(:scopes::text[])
ORDER BY id;

-- name: update_person(id, area, name, permanent_resident, version)!
-- Other particulars.
UPDATE people SET area = :area, name = :name, permanent_resident = :permanent_resident, version = :version
WHERE id = :id;

-- name: update_phone(id, sealed, blind)!
-- Another phone, sealed.
UPDATE people SET phone = :sealed, phone_index = :blind WHERE id = :id;

-- name: number_of(id)$
-- The blind index of a person's identity number.
SELECT identity_number_index FROM people WHERE id = :id;

-- name: update_identity_number(id, sealed, blind, shares_number)!
-- Another identity number, sealed, or none.
UPDATE people SET identity_number = :sealed, identity_number_index = :blind, shares_number = :shares_number
WHERE id = :id;

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
