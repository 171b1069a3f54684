-- name: schemes(scopes, after, limit)
-- Schemes inside scopes, by area.
SELECT id::text, area, name, active, hold_hours, version
FROM schemes
WHERE area ^@ ANY (:scopes::text[]) AND area > coalesce(:after::text, '')
ORDER BY area
LIMIT :limit;

-- name: scheme(scheme_id)^
-- One scheme.
SELECT id::text, area, name, active, hold_hours, version FROM schemes WHERE id = :scheme_id;

-- name: active_schemes(ids)
-- Those of the schemes that are switched on.
SELECT id::text FROM schemes WHERE id = ANY (:ids::uuid[]) AND active;

-- name: lock_scheme(scheme_id)^
-- One scheme, locked.
SELECT id::text, area, name, active, hold_hours, version FROM schemes WHERE id = :scheme_id FOR NO KEY UPDATE;

-- name: add_scheme(id, area, name, hold_hours)^
-- Adds a scheme.
INSERT INTO schemes (id, area, name, hold_hours)
VALUES (:id, :area, :name, :hold_hours)
RETURNING id::text, area, name, active, hold_hours, version;

-- name: save_scheme(id, name, active, hold_hours)^
-- Changes a scheme.
UPDATE schemes
SET name = :name, active = :active, hold_hours = :hold_hours, version = version + 1
WHERE id = :id
RETURNING id::text, area, name, active, hold_hours, version;

-- name: shops(area, scheme_id, after, limit)
-- Open shops of an area or a scheme.
SELECT h.id::text, h.scheme_id::text, h.area, h.name, h.address, h.active, h.version
FROM shops AS h
WHERE
    h.active
    AND (:area::text IS NULL OR h.area ^@ :area::text)
    AND (:scheme_id::uuid IS NULL OR h.scheme_id = :scheme_id::uuid)
    AND h.id > coalesce(:after::uuid, '00000000-0000-0000-0000-000000000000')
ORDER BY h.id
LIMIT :limit;

-- name: shop(shop_id)^
-- One shop with what its scheme says about orders.
SELECT h.id::text, h.scheme_id::text, h.area, h.name, h.address, h.active, h.version, s.hold_hours
FROM shops AS h
JOIN schemes AS s ON s.id = h.scheme_id
WHERE h.id = :shop_id;

-- name: schemes_of_shops(ids)
-- The schemes of shops; ids that are none are passed over.
SELECT DISTINCT scheme_id::text FROM shops WHERE id = ANY (:ids::uuid[]);

-- name: add_shop(id, scheme_id, area, name, address)^
-- Adds a shop.
INSERT INTO shops (id, scheme_id, area, name, address)
VALUES (:id, :scheme_id, :area, :name, :address)
RETURNING id::text, scheme_id::text, area, name, address, active, version;

-- name: goods(shop_id, after, limit, every)
-- Goods of a shop; `every` also those not offered now.
SELECT id::text, shop_id::text, name, source, price, on_hand, reserved, on_hand - reserved AS available, active, version
FROM goods
WHERE shop_id = :shop_id AND (active OR :every) AND id > coalesce(:after::uuid, '00000000-0000-0000-0000-000000000000')
ORDER BY goods.id
LIMIT :limit;

-- name: lock_goods(ids)
-- Locks goods in the order of their ids.
SELECT id::text, shop_id::text, name, source, price, on_hand, reserved, active, version
FROM goods
WHERE id = ANY (:ids::uuid[])
ORDER BY goods.id
FOR NO KEY UPDATE;

-- name: add_good(id, shop_id, name, source, price)^
-- Adds a good without stock.
INSERT INTO goods (id, shop_id, name, source, price)
VALUES (:id, :shop_id, :name, :source, :price)
RETURNING id::text, shop_id::text, name, source, price, on_hand, reserved, on_hand - reserved AS available, active, version;

-- name: save_good(id, name, source, price, active)^
-- Changes a good; orders already placed keep their price.
UPDATE goods
SET name = :name, source = :source, price = :price, active = :active, version = version + 1
WHERE id = :id
RETURNING id::text, shop_id::text, name, source, price, on_hand, reserved, on_hand - reserved AS available, active, version;

-- name: move_stock(good_id, on_hand, reserved)^
-- Changes what a good has on hand and reserved by so much.
UPDATE goods
SET on_hand = on_hand + :on_hand, reserved = reserved + :reserved
WHERE id = :good_id
RETURNING id::text, shop_id::text, name, source, price, on_hand, reserved, on_hand - reserved AS available, active, version;

-- name: add_stock_movement(id, good_id, kind, quantity, on_hand_after, redemption_id, reason, made_by, made_at)!
-- Records a change of what is on hand.
INSERT INTO stock_movements (id, good_id, kind, quantity, on_hand_after, redemption_id, reason, made_by, made_at)
VALUES (:id, :good_id, :kind, :quantity, :on_hand_after, :redemption_id, :reason, :made_by, :made_at);
