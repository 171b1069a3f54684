-- Areas from the city to the community, and size guidance.

-- name: list_areas(inside, parent, level, after, most)
-- Areas by code, optionally only inside an area, directly under one, or of one level.
SELECT code, name, outline IS NOT NULL AS has_outline, outline_source, version
FROM areas
WHERE code > :after
  AND code >= :inside AND code < :inside || ':'
  AND (:parent::text IS NULL OR parent = :parent)
  AND (:level::text IS NULL OR level = :level)
ORDER BY code
LIMIT :most;

-- name: get_area(code)^
-- One area with its outline.
SELECT code, name, outline, outline_source, version FROM areas WHERE code = :code;

-- name: lock_area(code)^
-- One area, held until the transaction ends; publishing a net holds its subdistrict this way.
SELECT code, name, outline, outline_source, version FROM areas WHERE code = :code FOR NO KEY UPDATE;

-- name: lock_children(parent)
-- The areas directly under one, held.
SELECT code, name, outline, outline_source, version FROM areas WHERE parent = :parent ORDER BY code
FOR NO KEY UPDATE;

-- name: insert_area(code, level, parent, name)!
-- A new area without an outline.
INSERT INTO areas (code, level, parent, name) VALUES (:code, :level, :parent, :name);

-- name: update_area(code, name, outline, outline_source, version)!
-- Another name or outline.
UPDATE areas
SET name = :name, outline = :outline::jsonb, outline_source = :outline_source, version = :version
WHERE code = :code;

-- name: area_names(inside)
-- Code and name of an area and of all below it.
SELECT code, name FROM areas WHERE code >= :inside AND code < :inside || ':' ORDER BY code;

-- name: names_of(codes)
-- The names of these areas.
SELECT code, name FROM areas WHERE code = ANY(:codes::text[]);

-- name: communities_of(subdistrict)
-- The codes of a subdistrict's communities.
SELECT code FROM areas WHERE parent = :subdistrict AND level = 'community' ORDER BY code;

-- name: guidance_for(codes)
-- The size guidance set for any of these codes, widest first.
SELECT area, households_min, households_max, shops_min, shops_max, version
FROM size_guidance WHERE area = ANY(:codes::text[]) ORDER BY length(area), area;

-- name: lock_guidance(area)^
-- The guidance set for exactly this area, held.
SELECT area, households_min, households_max, shops_min, shops_max, version
FROM size_guidance WHERE area = :area FOR UPDATE;

-- name: put_guidance(area, households_min, households_max, shops_min, shops_max, version)!
-- Sets the guidance of an area.
INSERT INTO size_guidance (area, households_min, households_max, shops_min, shops_max, version)
VALUES (:area, :households_min, :households_max, :shops_min, :shops_max, :version)
ON CONFLICT (area) DO UPDATE
SET households_min = EXCLUDED.households_min, households_max = EXCLUDED.households_max,
    shops_min = EXCLUDED.shops_min, shops_max = EXCLUDED.shops_max, version = EXCLUDED.version;
