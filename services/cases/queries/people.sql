-- name: copy_staff(people)!
-- Who works where, by sequence: an older or equal one is ignored; who works nowhere any more stays as a tombstone.
INSERT INTO staff (person_id, roles, areas, department_id, is_active, sequence)
SELECT person_id, roles, areas, department_id, is_active, sequence
FROM jsonb_to_recordset(:people::jsonb) AS p (
    person_id uuid, roles text[], areas text[], department_id text, is_active boolean, sequence bigint)
ON CONFLICT ON CONSTRAINT staff_pkey DO UPDATE SET
    roles = excluded.roles, areas = excluded.areas, department_id = excluded.department_id,
    is_active = excluded.is_active, sequence = excluded.sequence
WHERE staff.sequence < excluded.sequence;

-- name: people_of_area(person_ids, area, roles)
-- Those of these people who work in an area, around it or inside it; of accounts those with one of the roles. Who
-- holds a post there counts where no role is asked.
SELECT n.person_id FROM unnest(:person_ids::uuid[]) AS n (person_id)
WHERE EXISTS (
    SELECT 1 FROM staff s
    WHERE s.person_id = n.person_id AND s.is_active AND (:roles::text[] IS NULL OR s.roles && :roles::text[])
      AND EXISTS (SELECT 1 FROM unnest(s.areas) AS a (code)
                  WHERE :area::text ^@ a.code OR a.code ^@ :area::text)
) OR (:roles::text[] IS NULL AND EXISTS (
    SELECT 1 FROM posts p
    WHERE p.person_id = n.person_id AND p.is_held AND (:area::text ^@ p.area OR p.area ^@ :area::text)));
