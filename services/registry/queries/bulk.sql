-- Many rows in one statement.

-- name: add_areas(codes, levels, parents, names)!
-- Areas without outlines.
INSERT INTO areas (code, level, parent, name)
SELECT code, level, parent, name
FROM unnest(:codes::text[], :levels::text[], :parents::text[], :names::text[]) AS g (code, level, parent, name)
ORDER BY code;

-- name: add_people(ids, areas, names, phones, phone_indexes, identity_numbers, identity_number_indexes, permanent_residents)!
-- People with sealed numbers.
INSERT INTO people (id, area, name, phone, phone_index, identity_number, identity_number_index, permanent_resident)
SELECT id, area, name, phone, phone_index, identity_number, identity_number_index, permanent_resident
FROM unnest(
    :ids::uuid[], :areas::text[], :names::text[], :phones::bytea[], :phone_indexes::bytea[],
    :identity_numbers::bytea[], :identity_number_indexes::bytea[], :permanent_residents::boolean[]
) AS g (id, area, name, phone, phone_index, identity_number, identity_number_index, permanent_resident);

-- name: add_posts(ids, areas, kinds, seats, department_ids, professions, duty_names, duty_phones, person_ids, assigned_at, versions)!
-- Held posts, and the beginning of each holder's time.
WITH added AS (
    INSERT INTO posts (id, area, kind, seat, department_id, profession, duty_name, duty_phone, person_id, assigned_at,
                       version)
    SELECT id, area, kind, seat, department_id, profession, duty_name, duty_phone, person_id, assigned_at, version
    FROM unnest(
        :ids::uuid[], :areas::text[], :kinds::text[], :seats::integer[], :department_ids::text[], :professions::text[],
        :duty_names::text[], :duty_phones::text[], :person_ids::uuid[], :assigned_at::timestamptz[],
        :versions::integer[]
    ) AS g (id, area, kind, seat, department_id, profession, duty_name, duty_phone, person_id, assigned_at, version)
    RETURNING id, person_id, assigned_at
)
INSERT INTO tenures (post_id, person_id, assigned_at)
SELECT id, person_id, assigned_at FROM added;
