-- Posts, who holds them, and who held them.

-- name: insert_post(id, area, kind, seat, department_id, profession, duty_name, duty_phone)!
-- A new, vacant post.
INSERT INTO posts (id, area, kind, seat, department_id, profession, duty_name, duty_phone)
VALUES (:id, :area, :kind, :seat, :department_id, :profession, :duty_name, :duty_phone);

-- name: update_post(id, duty_name, duty_phone, person_id, assigned_at, closed_at, version)!
-- A post's next state.
UPDATE posts
SET duty_name = :duty_name, duty_phone = :duty_phone, person_id = :person_id, assigned_at = :assigned_at,
    closed_at = :closed_at, version = :version
WHERE id = :id;

-- name: get_post(id, scopes)^
-- A post inside the caller's scopes.
SELECT id, area, kind, seat, department_id, profession, duty_name, duty_phone, person_id, assigned_at, closed_at,
       version
FROM posts WHERE id = :id AND area ^@ ANY(:scopes::text[]);

-- name: lock_post(id, scopes)^
-- A post inside the caller's scopes, held.
SELECT id, area, kind, seat, department_id, profession, duty_name, duty_phone, person_id, assigned_at, closed_at,
       version
FROM posts WHERE id = :id AND area ^@ ANY(:scopes::text[]) FOR UPDATE;

-- name: seats_taken(area, kind, department_id)
-- The seats in use for a kind (and department) in an area.
SELECT seat FROM posts
WHERE area = :area AND kind = :kind AND department_id IS NOT DISTINCT FROM :department_id AND closed_at IS NULL;

-- name: posts_held_by(person_id)
-- The posts a person holds now.
SELECT id, area, kind, seat, department_id, profession, duty_name, duty_phone, person_id, assigned_at, closed_at,
       version
FROM posts WHERE person_id = :person_id ORDER BY area, id;

-- name: list_posts(held, scopes, department_id, after_area, after_id, most)
-- Open posts inside the caller's scopes, by area; all, or the held ones.
SELECT p.id, p.area, p.kind, p.seat, p.department_id, p.profession, p.duty_name, p.duty_phone, p.person_id,
       p.assigned_at, p.closed_at, p.version
FROM unnest(:scopes::text[]) AS scope (prefix)
CROSS JOIN LATERAL (
    -- Where this scope's part of the page begins: one bound only, or the walk starts before the scope.
    SELECT greatest(scope.prefix, :after_area) AS area,
           CASE WHEN scope.prefix > :after_area THEN '00000000-0000-0000-0000-000000000000' ELSE :after_id END::uuid AS id
) AS start
CROSS JOIN LATERAL (
    SELECT id, area, kind, seat, department_id, profession, duty_name, duty_phone, person_id, assigned_at,
           closed_at, version
    FROM posts
    WHERE closed_at IS NULL AND (area, id) > (start.area, start.id) AND area < scope.prefix || ':'
      AND (NOT :held::boolean OR person_id IS NOT NULL)
      AND (:department_id::text IS NULL OR department_id = :department_id)
    ORDER BY area, id
    LIMIT :most
) AS p
ORDER BY p.area, p.id
LIMIT :most;

-- name: list_posts_of_kind(kind, held, scopes, department_id, after_area, after_id, most)
-- The same of one kind.
SELECT p.id, p.area, p.kind, p.seat, p.department_id, p.profession, p.duty_name, p.duty_phone, p.person_id,
       p.assigned_at, p.closed_at, p.version
FROM unnest(:scopes::text[]) AS scope (prefix)
CROSS JOIN LATERAL (
    -- Where this scope's part of the page begins: one bound only, or the walk starts before the scope.
    SELECT greatest(scope.prefix, :after_area) AS area,
           CASE WHEN scope.prefix > :after_area THEN '00000000-0000-0000-0000-000000000000' ELSE :after_id END::uuid AS id
) AS start
CROSS JOIN LATERAL (
    SELECT id, area, kind, seat, department_id, profession, duty_name, duty_phone, person_id, assigned_at,
           closed_at, version
    FROM posts
    WHERE closed_at IS NULL AND (area, id) > (start.area, start.id) AND area < scope.prefix || ':'
      AND kind = :kind AND (NOT :held::boolean OR person_id IS NOT NULL)
      AND (:department_id::text IS NULL OR department_id = :department_id)
    ORDER BY area, id
    LIMIT :most
) AS p
ORDER BY p.area, p.id
LIMIT :most;

-- name: list_vacant_posts(kind, scopes, department_id, after_area, after_id, most)
-- Open posts that nobody holds.
SELECT p.id, p.area, p.kind, p.seat, p.department_id, p.profession, p.duty_name, p.duty_phone, p.person_id,
       p.assigned_at, p.closed_at, p.version
FROM unnest(:scopes::text[]) AS scope (prefix)
CROSS JOIN LATERAL (
    -- Where this scope's part of the page begins: one bound only, or the walk starts before the scope.
    SELECT greatest(scope.prefix, :after_area) AS area,
           CASE WHEN scope.prefix > :after_area THEN '00000000-0000-0000-0000-000000000000' ELSE :after_id END::uuid AS id
) AS start
CROSS JOIN LATERAL (
    SELECT id, area, kind, seat, department_id, profession, duty_name, duty_phone, person_id, assigned_at,
           closed_at, version
    FROM posts
    WHERE closed_at IS NULL AND (area, id) > (start.area, start.id) AND area < scope.prefix || ':'
      AND person_id IS NULL AND (:kind::text IS NULL OR kind = :kind)
      AND (:department_id::text IS NULL OR department_id = :department_id)
    ORDER BY area, id
    LIMIT :most
) AS p
ORDER BY p.area, p.id
LIMIT :most;

-- name: held_posts_of(areas, kinds)
-- The held posts of exactly these areas: a grid and what stands above it.
SELECT p.area, p.kind, p.profession, p.duty_name, p.duty_phone, p.department_id, d.name AS department_name
FROM posts p
LEFT JOIN departments d ON d.id = p.department_id
WHERE p.area = ANY(:areas::text[]) AND p.kind = ANY(:kinds::text[]) AND p.person_id IS NOT NULL
  AND p.closed_at IS NULL
ORDER BY p.kind, p.seat, p.area, p.id
LIMIT 500;

-- name: add_tenure(post_id, person_id, assigned_at)!
-- A person's time on a post begins.
INSERT INTO tenures (post_id, person_id, assigned_at) VALUES (:post_id, :person_id, :assigned_at);

-- name: end_tenure(post_id, vacated_at, reason)!
-- The present holder's time on a post ends.
UPDATE tenures SET vacated_at = :vacated_at, reason = :reason WHERE post_id = :post_id AND vacated_at IS NULL;

-- name: list_tenures(post_id)
-- Who held a post, latest first.
SELECT person_id, assigned_at, vacated_at, reason FROM tenures
WHERE post_id = :post_id ORDER BY assigned_at DESC LIMIT 200;

-- name: lock_posts_of_gone_grids(net_id, area)
-- Open posts on grids of the subdistrict which its net no longer has, held.
SELECT p.id, p.area, p.kind, p.seat, p.department_id, p.profession, p.duty_name, p.duty_phone, p.person_id,
       p.assigned_at, p.closed_at, p.version
FROM posts p
WHERE p.area >= :area AND p.area < :area || ':' AND length(p.area) = 15 AND p.closed_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM net_grids g WHERE g.net_id = :net_id AND g.code = p.area)
ORDER BY p.id
FOR UPDATE;
