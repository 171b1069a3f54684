-- name: insert_net(area, net_version, area_name, effective_at)!
-- A boundary set, once per version.
INSERT INTO nets (area, net_version, area_name, effective_at)
VALUES (:area, :net_version, :area_name, :effective_at)
ON CONFLICT ON CONSTRAINT nets_pkey DO NOTHING;

-- name: insert_grids(subdistrict, net_version, grids)!
-- The grids of a boundary set, from a JSON list.
INSERT INTO grids (subdistrict, net_version, code, name, kind, community_name, outline)
SELECT :subdistrict, :net_version, g.code, g.name, g.kind, g.community_name, g.outline
FROM jsonb_to_recordset(:grids::jsonb) AS g (
    code text, name text, kind text, community_name text, outline jsonb);

-- name: nets_in_force(at)
-- The boundary set in force of each subdistrict.
SELECT DISTINCT ON (area) area, net_version, area_name
FROM nets WHERE effective_at <= :at ORDER BY area, net_version DESC;

-- name: grids_of(subdistrict, net_version)
-- The grids of one boundary set.
SELECT code, name, kind, community_name, outline
FROM grids WHERE subdistrict = :subdistrict AND net_version = :net_version ORDER BY code;

-- name: copy_posts(posts)!
-- Posts by sequence: an older or equal one is ignored; a vacated one stays as a tombstone.
INSERT INTO posts (post_id, area, kind, person_id, duty_name, duty_phone, is_held, sequence)
SELECT post_id, area, kind, person_id, duty_name, duty_phone, is_held, sequence
FROM jsonb_to_recordset(:posts::jsonb) AS p (
    post_id uuid, area text, kind text, person_id uuid, duty_name text, duty_phone text, is_held boolean,
    sequence bigint)
ON CONFLICT (post_id) DO UPDATE SET
    area = excluded.area, kind = excluded.kind, person_id = excluded.person_id, duty_name = excluded.duty_name,
    duty_phone = excluded.duty_phone, is_held = excluded.is_held, sequence = excluded.sequence
WHERE posts.sequence < excluded.sequence;

-- name: copy_department(department_id, area, kind, name, is_active, sequence)!
-- A department by sequence.
INSERT INTO departments (department_id, area, kind, name, is_active, sequence)
VALUES (:department_id, :area, :kind, :name, :is_active, :sequence)
ON CONFLICT (department_id) DO UPDATE SET
    area = excluded.area, kind = excluded.kind, name = excluded.name, is_active = excluded.is_active,
    sequence = excluded.sequence
WHERE departments.sequence < excluded.sequence;

-- name: departments_serving(area)
-- The departments that may be called for an area.
SELECT department_id, kind, name FROM departments
WHERE is_active AND :area ^@ area ORDER BY department_id;
