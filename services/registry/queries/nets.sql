-- Boundary sets and their grids. "In force at" a moment: published, begun, and not yet superseded then.

-- name: insert_net(id, area, state, note, source, created_at, created_by)!
-- A new draft.
INSERT INTO nets (id, area, state, note, source, created_at, created_by)
VALUES (:id, :area, :state, :note, :source, :created_at, :created_by);

-- name: update_net(id, state, note, net_version, published_at, published_by, effective_at, superseded_at, version)!
-- A net's next state.
UPDATE nets
SET state = :state, note = :note, net_version = :net_version, published_at = :published_at,
    published_by = :published_by, effective_at = :effective_at, superseded_at = :superseded_at, version = :version
WHERE id = :id;

-- name: get_net(id)^
-- One net.
SELECT id, area, state, note, source, created_at, created_by, net_version, published_at, published_by,
       effective_at, superseded_at, version
FROM nets WHERE id = :id;

-- name: lock_net(id)^
-- One net, held.
SELECT id, area, state, note, source, created_at, created_by, net_version, published_at, published_by,
       effective_at, superseded_at, version
FROM nets WHERE id = :id FOR UPDATE;

-- name: lock_last_published(area)^
-- The subdistrict's latest published net, held; its subdistrict is held before, so there is no later one.
SELECT id, area, state, note, source, created_at, created_by, net_version, published_at, published_by,
       effective_at, superseded_at, version
FROM nets WHERE area = :area AND net_version IS NOT NULL
ORDER BY net_version DESC LIMIT 1 FOR UPDATE;

-- name: list_nets(inside, drafts_inside, state, after_area, after_id, most)
-- Nets by area and age. Drafts only inside the given scopes, published ones for everybody.
SELECT id, area, state, note, source, created_at, created_by, net_version, published_at, published_by,
       effective_at, superseded_at, version
FROM nets
WHERE area >= :inside AND area < :inside || ':'
  AND (area, id) > (:after_area, :after_id::uuid)
  AND (state = 'published' OR area ^@ ANY(:drafts_inside::text[]))
  AND (:state::text IS NULL OR state = :state)
ORDER BY area, id
LIMIT :most;

-- name: add_grids(net_id, codes, names, kinds, sites, households, shops, outlines, xs, ys, wests, souths, easts, norths)!
-- Puts grids into a net, all in one statement.
INSERT INTO net_grids (net_id, code, name, kind, site, households, shops, outline, centre, bounds)
SELECT :net_id, code, name, kind, site, households, shops, outline::jsonb, point(x, y),
       box(point(west, south), point(east, north))
FROM unnest(
    :codes::text[], :names::text[], :kinds::text[], :sites::text[], :households::integer[], :shops::integer[],
    :outlines::text[], :xs::float8[], :ys::float8[], :wests::float8[], :souths::float8[], :easts::float8[],
    :norths::float8[]
) AS given (code, name, kind, site, households, shops, outline, x, y, west, south, east, north);

-- name: remove_grids(net_id)!
-- Empties a draft.
DELETE FROM net_grids WHERE net_id = :net_id;

-- name: grids_of_net(net_id)
-- All grids of a net, by code.
SELECT code, name, kind, site, households, shops, outline, centre[0] AS x, centre[1] AS y
FROM net_grids WHERE net_id = :net_id ORDER BY code;

-- name: codes_used(area)
-- Every grid code any net of this subdistrict ever had.
SELECT DISTINCT code FROM net_grids WHERE code >= :area AND code < :area || ':';

-- name: grids_around(x, y, at)
-- The grids in force whose bounds hold the point: the one that holds it, and a few neighbours.
SELECT g.code, g.name, g.kind, g.site, g.households, g.shops, g.outline, g.centre[0] AS x, g.centre[1] AS y,
       n.id AS net_id, n.net_version, n.source, n.effective_at, n.superseded_at
FROM net_grids g
JOIN nets n ON n.id = g.net_id
WHERE g.bounds @> box(point(:x, :y), point(:x, :y))
  AND n.effective_at <= :at AND (n.superseded_at IS NULL OR n.superseded_at > :at);

-- name: grid_in_force(code, at)^
-- One grid as it is at a moment.
SELECT g.code, g.name, g.kind, g.site, g.households, g.shops, g.outline, g.centre[0] AS x, g.centre[1] AS y,
       n.id AS net_id, n.net_version, n.source, n.effective_at, n.superseded_at
FROM net_grids g
JOIN nets n ON n.id = g.net_id
WHERE g.code = :code AND n.effective_at <= :at AND (n.superseded_at IS NULL OR n.superseded_at > :at);

-- name: grid_history(code)
-- The published nets that had a grid of this code, newest first.
SELECT g.name, g.kind, g.site, g.households, g.shops, n.id AS net_id, n.net_version, n.source, n.effective_at,
       n.superseded_at
FROM net_grids g
JOIN nets n ON n.id = g.net_id
WHERE g.code = :code AND n.state = 'published'
ORDER BY n.net_version DESC
LIMIT 200;

-- name: last_outline(code, before)^
-- A grid as the latest published net below a version had it.
SELECT g.code, g.name, g.kind, g.site, g.households, g.shops, g.outline, g.centre[0] AS x, g.centre[1] AS y
FROM net_grids g
JOIN nets n ON n.id = g.net_id
WHERE g.code = :code AND n.net_version < :before
ORDER BY n.net_version DESC
LIMIT 1;

-- name: grids_inside(inside, kind, at, after, most)
-- Grids in force inside an area, by code.
SELECT g.code, g.name, g.kind, g.site, g.households, g.shops, g.outline, g.centre[0] AS x, g.centre[1] AS y,
       n.id AS net_id, n.net_version, n.source, n.effective_at, n.superseded_at
FROM net_grids g
JOIN nets n ON n.id = g.net_id
WHERE g.code > :after AND g.code >= :inside AND g.code < :inside || ':'
  AND (:kind::text IS NULL OR g.kind = :kind)
  AND n.effective_at <= :at AND (n.superseded_at IS NULL OR n.superseded_at > :at)
ORDER BY g.code
LIMIT :most;

-- name: any_published(area)$
-- Whether a net was ever published inside this area.
SELECT EXISTS (
    SELECT 1 FROM nets WHERE area >= :area AND area < :area || ':' AND state = 'published'
) AS published;

-- name: lock_unsettled(most)
-- Nets that took effect and whose posts and households were not yet seen to, oldest first.
SELECT id, area, state, note, source, created_at, created_by, net_version, published_at, published_by,
       effective_at, superseded_at, version
FROM nets
WHERE state = 'published' AND settled_at IS NULL AND effective_at <= clock_timestamp()
ORDER BY effective_at, net_version
LIMIT :most FOR UPDATE SKIP LOCKED;

-- name: mark_settled(id)!
-- Notes that a net's posts and households were seen to.
UPDATE nets SET settled_at = clock_timestamp() WHERE id = :id;
