-- name: add_redemption(id, scheme_id, shop_id, area, household_id, ordered_by, state, points, pickup_code, placed_at, expires_at)!
-- Adds an order unless an open one of the shop has its pick-up code.
INSERT INTO redemptions (
    id, scheme_id, shop_id, area, household_id, ordered_by, state, points, pickup_code, placed_at, expires_at
)
VALUES (
    :id, :scheme_id, :shop_id, :area, :household_id, :ordered_by, :state, :points, :pickup_code, :placed_at, :expires_at
)
ON CONFLICT (shop_id, pickup_code) WHERE state = 'reserved' DO NOTHING;

-- name: add_lines(redemption_id, good_ids, quantities, prices)!
-- Adds the lines of an order.
INSERT INTO redemption_lines (redemption_id, good_id, quantity, price)
SELECT :redemption_id, * FROM unnest(:good_ids::uuid[], :quantities::integer[], :prices::integer[]);

-- name: lock_redemption(redemption_id)^
-- One order, locked.
SELECT
    id::text, scheme_id::text, shop_id::text, area, household_id::text, ordered_by::text, state, points, pickup_code,
    placed_at, expires_at, ended_at, ended_by::text, version
FROM redemptions
WHERE id = :redemption_id
FOR NO KEY UPDATE;

-- name: lock_redemption_if_free(redemption_id)^
-- One order, locked, or nothing when somebody else is at it.
SELECT
    id::text, scheme_id::text, shop_id::text, area, household_id::text, ordered_by::text, state, points, pickup_code,
    placed_at, expires_at, ended_at, ended_by::text, version
FROM redemptions
WHERE id = :redemption_id
FOR NO KEY UPDATE SKIP LOCKED;

-- name: lines_of(redemption_ids)
-- The lines of orders, with the goods' names.
SELECT l.redemption_id::text, l.good_id::text, l.quantity, l.price, g.name
FROM redemption_lines AS l
JOIN goods AS g ON g.id = l.good_id
WHERE l.redemption_id = ANY (:redemption_ids::uuid[])
ORDER BY l.redemption_id, l.good_id;

-- name: end_redemption(id, state, ended_at, ended_by, version)!
-- Ends an open order.
UPDATE redemptions
SET state = :state, ended_at = :ended_at, ended_by = :ended_by, version = :version
WHERE id = :id AND state = 'reserved';

-- name: redemption(redemption_id, household_id, shop_ids, scopes)^
-- One order as its household, its shop or the area's admin sees it.
SELECT
    id::text, scheme_id::text, shop_id::text, area, household_id::text, ordered_by::text, state, points, pickup_code,
    placed_at, expires_at, ended_at, ended_by::text, version
FROM redemptions
WHERE
    id = :redemption_id
    AND (
        household_id = :household_id::uuid
        OR shop_id = ANY (:shop_ids::uuid[])
        OR area ^@ ANY (:scopes::text[])
    );

-- name: redemptions_of_household(household_id, before, limit)
-- A household's orders, newest first.
SELECT
    id::text, scheme_id::text, shop_id::text, area, household_id::text, ordered_by::text, state, points, pickup_code,
    placed_at, expires_at, ended_at, ended_by::text, version
FROM redemptions
WHERE household_id = :household_id AND id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
ORDER BY redemptions.id DESC
LIMIT :limit;

-- name: open_redemptions_of_shop(shop_id, pickup_code, before, limit)
-- A shop's open orders, newest first; with a pick-up code just that one.
SELECT
    id::text, scheme_id::text, shop_id::text, area, household_id::text, ordered_by::text, state, points, pickup_code,
    placed_at, expires_at, ended_at, ended_by::text, version
FROM redemptions
WHERE
    shop_id = :shop_id
    AND state = 'reserved'
    AND (:pickup_code::text IS NULL OR pickup_code = :pickup_code::text)
    AND id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
ORDER BY redemptions.id DESC
LIMIT :limit;

-- name: redemptions_of_shop(shop_id, before, limit)
-- All of a shop's orders, newest first.
SELECT
    id::text, scheme_id::text, shop_id::text, area, household_id::text, ordered_by::text, state, points, pickup_code,
    placed_at, expires_at, ended_at, ended_by::text, version
FROM redemptions
WHERE shop_id = :shop_id AND id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
ORDER BY redemptions.id DESC
LIMIT :limit;

-- name: due_redemptions(limit)
-- Open orders past their time, oldest first; not locked.
SELECT id::text FROM redemptions
WHERE state = 'reserved' AND expires_at <= clock_timestamp()
ORDER BY expires_at
LIMIT :limit;

-- name: begin_code_try(shop_id, person_id, hours)^
-- Counts a try as wrong until it proves right. The row stays locked: tries made at once follow each other.
INSERT INTO code_tries AS t (shop_id, person_id, wrong, since)
VALUES (:shop_id, :person_id, 1, clock_timestamp())
ON CONFLICT (shop_id, person_id) DO UPDATE
SET wrong = CASE WHEN t.since > clock_timestamp() - make_interval(hours => :hours) THEN t.wrong + 1 ELSE 1 END,
    since = CASE WHEN t.since > clock_timestamp() - make_interval(hours => :hours) THEN t.since ELSE clock_timestamp() END
RETURNING wrong, ceil(extract(epoch FROM since + make_interval(hours => :hours) - clock_timestamp()))::integer AS seconds_left;

-- name: code_was_right(shop_id, person_id)!
-- Takes the try back that was counted.
UPDATE code_tries SET wrong = wrong - 1 WHERE shop_id = :shop_id AND person_id = :person_id;
