-- name: differences(scheme_id, limit)
-- Everything that two books of one scheme say differently. The checks are named as in domain/reconciliation.py.
WITH orders AS (
    SELECT r.id, r.state, r.points, r.shop_id, r.household_id
    FROM redemptions AS r
    WHERE r.shop_id IN (SELECT id FROM shops WHERE scheme_id = :scheme_id)
),
lines AS (
    SELECT l.redemption_id, l.good_id, l.quantity, l.price, orders.state
    FROM redemption_lines AS l JOIN orders ON orders.id = l.redemption_id
),
goods_held AS (
    SELECT g.id, g.on_hand, g.reserved FROM goods AS g JOIN shops AS h ON h.id = g.shop_id WHERE h.scheme_id = :scheme_id
),
trial AS (
    SELECT 'trial_balance' AS "check", scheme_id::text AS about, 0::bigint AS expected, sum(balance)::bigint AS found
    FROM accounts
    WHERE scheme_id = :scheme_id
    GROUP BY scheme_id
    HAVING sum(balance) <> 0
),
entered AS (
    SELECT 'entries', a.kind || ':' || a.owner_id, coalesce(sum(e.points), 0)::bigint, a.balance
    FROM accounts AS a
    LEFT JOIN entries AS e ON e.account_id = a.id
    WHERE a.scheme_id = :scheme_id
    GROUP BY a.id
    HAVING
        (a.balance, a.last_sequence, a.last_sequence)
        <> (coalesce(sum(e.points), 0), count(e.sequence), coalesce(max(e.sequence), 0))
),
held AS (
    SELECT 'held', a.owner_id::text, coalesce(sum(orders.points), 0)::bigint, a.balance
    FROM accounts AS a
    LEFT JOIN orders ON orders.household_id = a.owner_id AND orders.state = 'reserved'
    WHERE a.scheme_id = :scheme_id AND a.kind = 'held'
    GROUP BY a.id
    HAVING a.balance <> coalesce(sum(orders.points), 0)
),
taken AS (
    SELECT 'shop', a.owner_id::text, coalesce(sum(orders.points), 0)::bigint, a.balance
    FROM accounts AS a
    LEFT JOIN orders ON orders.shop_id = a.owner_id AND orders.state = 'completed'
    WHERE a.scheme_id = :scheme_id AND a.kind = 'shop'
    GROUP BY a.id
    HAVING a.balance <> coalesce(sum(orders.points), 0)
),
moved AS (
    SELECT 'orders', orders.id::text, orders.points, coalesce(l.points, 0)::bigint
    FROM orders
    LEFT JOIN (SELECT redemption_id, sum(quantity::bigint * price) AS points FROM lines GROUP BY redemption_id) AS l
        ON l.redemption_id = orders.id
    LEFT JOIN transfers AS begun ON begun.redemption_id = orders.id AND begun.purpose = 'reserve'
    LEFT JOIN transfers AS ended ON ended.redemption_id = orders.id AND ended.purpose IN ('capture', 'release')
    WHERE
        orders.points <> coalesce(l.points, 0)
        OR begun.id IS NULL
        OR ended.purpose IS DISTINCT FROM CASE orders.state
            WHEN 'reserved' THEN NULL
            WHEN 'completed' THEN 'capture'
            ELSE 'release'
        END
),
promised AS (
    SELECT 'stock_reserved', g.id::text, coalesce(sum(lines.quantity), 0)::bigint, g.reserved::bigint
    FROM goods_held AS g
    LEFT JOIN lines ON lines.good_id = g.id AND lines.state = 'reserved'
    GROUP BY g.id, g.reserved
    HAVING g.reserved <> coalesce(sum(lines.quantity), 0)
),
stocked AS (
    SELECT 'stock_on_hand', g.id::text, coalesce(m.others, 0) - coalesce(l.quantity, 0), g.on_hand::bigint
    FROM goods_held AS g
    LEFT JOIN (
        SELECT
            s.good_id,
            sum(s.quantity) FILTER (WHERE s.kind <> 'handed_over') AS others,
            -sum(s.quantity) FILTER (WHERE s.kind = 'handed_over') AS handed_over
        FROM stock_movements AS s
        WHERE s.good_id IN (SELECT id FROM goods_held)
        GROUP BY s.good_id
    ) AS m ON m.good_id = g.id
    LEFT JOIN (
        SELECT good_id, sum(quantity) AS quantity FROM lines WHERE state = 'completed' GROUP BY good_id
    ) AS l ON l.good_id = g.id
    WHERE
        g.on_hand <> coalesce(m.others, 0) - coalesce(l.quantity, 0)
        OR coalesce(m.handed_over, 0) <> coalesce(l.quantity, 0)
),
awarded AS (
    SELECT
        'awards', a.owner_id::text,
        coalesce(sum(w.points) FILTER (WHERE t.purpose = 'earn' AND w.reversed_by IS NULL), 0)::bigint,
        coalesce(-sum(e.points), 0)::bigint
    FROM accounts AS a
    JOIN entries AS e ON e.account_id = a.id
    JOIN transfers AS t ON t.id = e.transfer_id AND t.purpose IN ('earn', 'reverse')
    LEFT JOIN awards AS w ON w.cause = t.cause AND w.rule = t.rule
    WHERE a.scheme_id = :scheme_id AND a.kind = 'issuance'
    GROUP BY a.id
    HAVING
        coalesce(sum(w.points) FILTER (WHERE t.purpose = 'earn' AND w.reversed_by IS NULL), 0) <> coalesce(-sum(e.points), 0)
)
SELECT "check", about, expected, found
FROM (
    SELECT * FROM trial
    UNION ALL SELECT * FROM entered
    UNION ALL SELECT * FROM held
    UNION ALL SELECT * FROM taken
    UNION ALL SELECT * FROM moved
    UNION ALL SELECT * FROM promised
    UNION ALL SELECT * FROM stocked
    UNION ALL SELECT * FROM awarded
) AS differing
ORDER BY "check", about
LIMIT :limit;

-- name: next_scheme(after)^
-- The next scheme to look at, by id.
SELECT id::text FROM schemes WHERE id > coalesce(:after::uuid, '00000000-0000-0000-0000-000000000000')
ORDER BY schemes.id LIMIT 1;
