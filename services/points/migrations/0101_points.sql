-- Points: schemes, rules, passbooks, the ledger, shops and the exchange (domain.md §6).

-- A subdistrict's scheme: its rules, shops, prices and budget are its own.
CREATE TABLE schemes (
    id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    name text NOT NULL,
    active boolean NOT NULL DEFAULT true,
    -- How long an order is kept for picking up.
    hold_hours integer NOT NULL DEFAULT 72,
    -- The serial of the last book opened.
    books_opened integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT schemes_pkey PRIMARY KEY (id),
    CONSTRAINT schemes_area_key UNIQUE (area),
    CONSTRAINT schemes_area_check CHECK (area ~ '^\d{9}$'),
    CONSTRAINT schemes_hold_hours_check CHECK (hold_hours BETWEEN 1 AND 720),
    CONSTRAINT schemes_books_opened_check CHECK (books_opened BETWEEN 0 AND 999999)
);

-- Rules by version. A version is never changed: what was earned under it must stay explicable.
CREATE TABLE rules (
    scheme_id uuid NOT NULL,
    code text NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    points integer NOT NULL,
    basis text NOT NULL,
    daily_cap integer,
    active boolean NOT NULL,
    valid_from timestamptz NOT NULL,
    made_by uuid,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT rules_pkey PRIMARY KEY (scheme_id, code, version),
    CONSTRAINT rules_scheme_fkey FOREIGN KEY (scheme_id) REFERENCES schemes (id),
    CONSTRAINT rules_points_check CHECK (points BETWEEN 1 AND 10000),
    CONSTRAINT rules_basis_check CHECK (basis IN ('cause', 'hour')),
    CONSTRAINT rules_daily_cap_check CHECK (daily_cap BETWEEN 1 AND 100000)
);

-- Copy of the registry's households, applied by sequence; a dissolved one stays as a tombstone.
CREATE TABLE households (
    id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    active boolean NOT NULL,
    sequence bigint NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT households_pkey PRIMARY KEY (id)
);

CREATE INDEX households_area_idx ON households (area);

-- Who lives where. A person who moves may be in two households until both changes have arrived.
CREATE TABLE household_members (
    household_id uuid NOT NULL,
    person_id uuid NOT NULL,
    CONSTRAINT household_members_pkey PRIMARY KEY (household_id, person_id),
    CONSTRAINT household_members_household_fkey FOREIGN KEY (household_id) REFERENCES households (id)
);
CREATE INDEX household_members_person_idx ON household_members (person_id);

-- Copy of the registry's confirmed close relatives.
CREATE TABLE kinships (
    id uuid NOT NULL,
    person_id uuid NOT NULL,
    relative_id uuid NOT NULL,
    relation text NOT NULL,
    sequence bigint NOT NULL,
    CONSTRAINT kinships_pkey PRIMARY KEY (id)
);
CREATE INDEX kinships_person_idx ON kinships (person_id);
CREATE INDEX kinships_relative_idx ON kinships (relative_id);

-- One book per household. Whoever moves a household's points locks its book first.
CREATE TABLE passbooks (
    id uuid NOT NULL,
    household_id uuid NOT NULL,
    scheme_id uuid NOT NULL,
    number text COLLATE "C" NOT NULL,
    area text COLLATE "C" NOT NULL,
    active boolean NOT NULL DEFAULT true,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT passbooks_pkey PRIMARY KEY (id),
    CONSTRAINT passbooks_household_key UNIQUE (household_id),
    CONSTRAINT passbooks_number_key UNIQUE (number),
    CONSTRAINT passbooks_scheme_fkey FOREIGN KEY (scheme_id) REFERENCES schemes (id)
);

CREATE TABLE shops (
    id uuid NOT NULL,
    scheme_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    name text NOT NULL,
    address text NOT NULL DEFAULT '',
    active boolean NOT NULL DEFAULT true,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT shops_pkey PRIMARY KEY (id),
    CONSTRAINT shops_scheme_fkey FOREIGN KEY (scheme_id) REFERENCES schemes (id)
);
CREATE INDEX shops_scheme_idx ON shops (scheme_id, id);

CREATE TABLE goods (
    id uuid NOT NULL,
    shop_id uuid NOT NULL,
    name text NOT NULL,
    -- Who gave it: bought from the budget, a donor, a partner.
    source text NOT NULL,
    price integer NOT NULL,
    on_hand integer NOT NULL DEFAULT 0,
    reserved integer NOT NULL DEFAULT 0,
    active boolean NOT NULL DEFAULT true,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT goods_pkey PRIMARY KEY (id),
    CONSTRAINT goods_shop_fkey FOREIGN KEY (shop_id) REFERENCES shops (id),
    CONSTRAINT goods_price_check CHECK (price BETWEEN 1 AND 1000000),
    -- Stock cannot be oversold, whatever the code does.
    CONSTRAINT goods_stock_check CHECK (reserved >= 0 AND on_hand >= reserved)
);
CREATE INDEX goods_shop_idx ON goods (shop_id, id);

CREATE TABLE redemptions (
    id uuid NOT NULL,
    scheme_id uuid NOT NULL,
    shop_id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    household_id uuid NOT NULL,
    ordered_by uuid NOT NULL,
    state text NOT NULL,
    points bigint NOT NULL,
    pickup_code text NOT NULL,
    placed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by uuid,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT redemptions_pkey PRIMARY KEY (id),
    CONSTRAINT redemptions_shop_fkey FOREIGN KEY (shop_id) REFERENCES shops (id),
    CONSTRAINT redemptions_passbook_fkey FOREIGN KEY (household_id) REFERENCES passbooks (household_id),
    CONSTRAINT redemptions_state_check CHECK (state IN ('reserved', 'completed', 'cancelled', 'expired')),
    CONSTRAINT redemptions_ended_check CHECK ((state = 'reserved') = (ended_at IS NULL)),
    CONSTRAINT redemptions_points_check CHECK (points > 0)
);
CREATE INDEX redemptions_household_idx ON redemptions (household_id, id);
CREATE INDEX redemptions_shop_idx ON redemptions (shop_id, id);
CREATE INDEX redemptions_shop_open_idx ON redemptions (shop_id, id) WHERE state = 'reserved';
CREATE INDEX redemptions_due_idx ON redemptions (expires_at) WHERE state = 'reserved';
-- At one counter no two open orders share a code.
CREATE UNIQUE INDEX redemptions_pickup_code_key ON redemptions (shop_id, pickup_code) WHERE state = 'reserved';

CREATE TABLE redemption_lines (
    redemption_id uuid NOT NULL,
    good_id uuid NOT NULL,
    quantity integer NOT NULL,
    price integer NOT NULL,
    CONSTRAINT redemption_lines_pkey PRIMARY KEY (redemption_id, good_id),
    CONSTRAINT redemption_lines_redemption_fkey FOREIGN KEY (redemption_id) REFERENCES redemptions (id),
    CONSTRAINT redemption_lines_good_fkey FOREIGN KEY (good_id) REFERENCES goods (id),
    CONSTRAINT redemption_lines_quantity_check CHECK (quantity > 0)
);
CREATE INDEX redemption_lines_good_idx ON redemption_lines (good_id);

-- Every change of what is on hand.
CREATE TABLE stock_movements (
    id uuid NOT NULL,
    good_id uuid NOT NULL,
    kind text NOT NULL,
    quantity integer NOT NULL,
    on_hand_after integer NOT NULL,
    redemption_id uuid,
    reason text,
    made_by uuid,
    made_at timestamptz NOT NULL,
    CONSTRAINT stock_movements_pkey PRIMARY KEY (id),
    CONSTRAINT stock_movements_good_fkey FOREIGN KEY (good_id) REFERENCES goods (id),
    CONSTRAINT stock_movements_redemption_fkey FOREIGN KEY (redemption_id) REFERENCES redemptions (id),
    CONSTRAINT stock_movements_kind_check CHECK (
        CASE kind
            WHEN 'received' THEN quantity > 0 AND redemption_id IS NULL
            WHEN 'handed_over' THEN quantity < 0 AND redemption_id IS NOT NULL
            WHEN 'counted' THEN quantity <> 0 AND redemption_id IS NULL AND reason IS NOT NULL
            ELSE false
        END
    )
);
CREATE INDEX stock_movements_good_idx ON stock_movements (good_id, id);
CREATE UNIQUE INDEX stock_movements_handed_over_key ON stock_movements (redemption_id, good_id)
    WHERE redemption_id IS NOT NULL;
