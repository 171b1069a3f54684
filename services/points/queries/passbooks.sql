-- name: apply_households(ids, areas, active, sequences, changed_at)
-- Brings the copy of households up to date and answers those that were older than this.
INSERT INTO households AS h (id, area, active, sequence, changed_at)
SELECT *
FROM unnest(:ids::uuid[], :areas::text[], :active::boolean[], :sequences::bigint[], :changed_at::timestamptz[])
    AS g (id, area, active, sequence, changed_at)
ORDER BY id
ON CONFLICT (id) DO UPDATE
SET area = excluded.area, active = excluded.active, sequence = excluded.sequence, changed_at = excluded.changed_at
WHERE h.sequence < excluded.sequence
RETURNING id::text;

-- name: forget_members(household_ids)!
-- Empties households before their members are written anew.
DELETE FROM household_members WHERE household_id = ANY (:household_ids::uuid[]);

-- name: add_members(household_ids, person_ids)!
-- Writes the members of households.
INSERT INTO household_members (household_id, person_id)
SELECT DISTINCT * FROM unnest(:household_ids::uuid[], :person_ids::uuid[])
ON CONFLICT DO NOTHING;

-- name: households_of(person_ids)
-- The household each person lives in; of two, the one changed last.
SELECT DISTINCT ON (m.person_id) m.person_id::text, h.id::text AS household_id, h.area
FROM household_members AS m
JOIN households AS h ON h.id = m.household_id
WHERE m.person_id = ANY (:person_ids::uuid[]) AND h.active
ORDER BY m.person_id, h.changed_at DESC, h.id;

-- name: apply_kinships(ids, person_ids, relative_ids, relations, sequences)!
-- Brings the copy of kinships up to date.
INSERT INTO kinships AS k (id, person_id, relative_id, relation, sequence)
SELECT *
FROM unnest(:ids::uuid[], :person_ids::uuid[], :relative_ids::uuid[], :relations::text[], :sequences::bigint[])
    AS g (id, person_id, relative_id, relation, sequence)
ORDER BY id
ON CONFLICT (id) DO UPDATE
SET person_id = excluded.person_id, relative_id = excluded.relative_id, relation = excluded.relation,
    sequence = excluded.sequence
WHERE k.sequence < excluded.sequence;

-- name: households_without_book(household_ids)
-- Active households that have no passbook though their subdistrict has a scheme.
SELECT h.id::text AS household_id, h.area, s.id::text AS scheme_id, s.area AS scheme_area
FROM households AS h
JOIN schemes AS s ON s.area = left(h.area, 9) AND s.active
LEFT JOIN passbooks AS p ON p.household_id = h.id
WHERE h.id = ANY (:household_ids::uuid[]) AND h.active AND p.id IS NULL
ORDER BY h.id;

-- name: households_of_scheme(scheme_id)
-- Active households where a scheme begins.
SELECT h.id::text AS household_id
FROM schemes AS s
JOIN households AS h ON h.area >= s.area AND h.area < s.area || ':' AND h.active
WHERE s.id = :scheme_id;

-- name: take_serials(scheme_id, books)$
-- Takes so many serials of books and answers the last of them; the scheme's row stays locked.
UPDATE schemes SET books_opened = books_opened + :books WHERE id = :scheme_id RETURNING books_opened;

-- name: open_passbooks(ids, household_ids, scheme_ids, numbers, areas)!
-- Opens passbooks; a household that has one keeps it.
INSERT INTO passbooks (id, household_id, scheme_id, number, area)
SELECT * FROM unnest(:ids::uuid[], :household_ids::uuid[], :scheme_ids::uuid[], :numbers::text[], :areas::text[])
ON CONFLICT ON CONSTRAINT passbooks_household_key DO NOTHING;

-- name: follow_households(household_ids)!
-- Moves and closes passbooks with their households. The scheme stays: the points are its budget.
UPDATE passbooks AS p
SET area = h.area, active = h.active
FROM households AS h
WHERE p.household_id = h.id AND h.id = ANY (:household_ids::uuid[]) AND (p.area, p.active) IS DISTINCT FROM (h.area, h.active);

-- name: lock_passbooks(household_ids)
-- Locks the books of households in the order of their ids.
SELECT id::text, household_id::text, scheme_id::text, number, area, active
FROM passbooks
WHERE household_id = ANY (:household_ids::uuid[])
ORDER BY passbooks.id
FOR NO KEY UPDATE;

-- name: passbook(passbook_id, household_id, number)^
-- A book by its id, household or number (give one), with its balances.
SELECT
    p.id::text, p.household_id::text, p.scheme_id::text, s.area AS scheme_area, s.name AS scheme_name, p.number, p.area,
    p.active, p.opened_at,
    coalesce(sum(a.balance) FILTER (WHERE a.kind = 'household'), 0)::bigint AS available,
    coalesce(sum(a.balance) FILTER (WHERE a.kind = 'held'), 0)::bigint AS held,
    coalesce(-sum(a.balance) FILTER (WHERE a.kind = 'arrears'), 0)::bigint AS owed
FROM passbooks AS p
JOIN schemes AS s ON s.id = p.scheme_id
LEFT JOIN accounts AS a ON a.owner_id = p.household_id
WHERE p.id = :passbook_id::uuid OR p.household_id = :household_id::uuid OR p.number = :number::text
GROUP BY p.id, s.id;
