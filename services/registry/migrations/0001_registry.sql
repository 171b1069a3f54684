-- Areas, nets, departments, people, posts, households, kinship (domain.md §2). Every area column is COLLATE "C": a code
-- is a prefix of every code below it, and prefixes must serve as ranges of an index.

CREATE TABLE areas (
    code text COLLATE "C" NOT NULL,
    level text NOT NULL,
    parent text COLLATE "C",
    name text NOT NULL,
    -- GeoJSON Polygon or MultiPolygon; NULL for communities, whose outline is that of their grids.
    outline jsonb,
    -- surveyed, or generated: demo data that follows no real boundary.
    outline_source text,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT areas_pkey PRIMARY KEY (code),
    CONSTRAINT areas_parent_fkey FOREIGN KEY (parent) REFERENCES areas (code),
    CONSTRAINT areas_level_check CHECK (level IN ('city', 'district', 'subdistrict', 'community')),
    CONSTRAINT areas_parent_check CHECK (starts_with(code, parent)),
    CONSTRAINT areas_outline_check CHECK ((outline IS NULL) = (outline_source IS NULL)),
    CONSTRAINT areas_source_check CHECK (outline_source IN ('surveyed', 'generated'))
);
CREATE INDEX areas_by_level ON areas (level, code);
CREATE INDEX areas_by_parent ON areas (parent, code);

-- How big a basic grid should be; the longest prefix of a grid's code that has a row counts.
CREATE TABLE size_guidance (
    area text COLLATE "C" NOT NULL,
    households_min integer NOT NULL,
    households_max integer NOT NULL,
    shops_min integer,
    shops_max integer,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT size_guidance_pkey PRIMARY KEY (area),
    CONSTRAINT size_guidance_area_fkey FOREIGN KEY (area) REFERENCES areas (code),
    CONSTRAINT size_guidance_households_check CHECK (0 <= households_min AND households_min <= households_max),
    CONSTRAINT size_guidance_shops_check CHECK (0 <= shops_min AND shops_min <= shops_max)
);

-- Boundary sets, each of one subdistrict.
CREATE TABLE nets (
    id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    state text NOT NULL,
    note text NOT NULL DEFAULT '',
    source text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by uuid,
    -- Numbers the subdistrict's published nets.
    net_version integer,
    published_at timestamptz,
    published_by uuid,
    -- In force from here until superseded_at.
    effective_at timestamptz,
    superseded_at timestamptz,
    -- When posts and households of grids that went were seen to.
    settled_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT nets_pkey PRIMARY KEY (id),
    CONSTRAINT nets_area_fkey FOREIGN KEY (area) REFERENCES areas (code),
    CONSTRAINT nets_area_version_key UNIQUE (area, net_version),
    CONSTRAINT nets_state_check CHECK (state IN ('draft', 'published', 'discarded')),
    CONSTRAINT nets_source_check CHECK (source IN ('surveyed', 'generated')),
    CONSTRAINT nets_published_check CHECK (
        (state = 'published') = (net_version IS NOT NULL)
        AND (state = 'published') = (published_at IS NOT NULL)
        AND (state = 'published') = (effective_at IS NOT NULL)
    ),
    CONSTRAINT nets_span_check CHECK (superseded_at > effective_at)
);
CREATE INDEX nets_by_area ON nets (area, id);
CREATE INDEX nets_unsettled ON nets (effective_at) WHERE state = 'published' AND settled_at IS NULL;

CREATE TABLE net_grids (
    net_id uuid NOT NULL,
    code text COLLATE "C" NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    site text,
    households integer NOT NULL,
    shops integer NOT NULL,
    -- The rings of a GeoJSON polygon.
    outline jsonb NOT NULL,
    centre point NOT NULL,
    -- The outline's bounding box, slightly widened: a location asks the index for the few boxes that hold it.
    bounds box NOT NULL,
    CONSTRAINT net_grids_pkey PRIMARY KEY (net_id, code),
    CONSTRAINT net_grids_net_fkey FOREIGN KEY (net_id) REFERENCES nets (id),
    CONSTRAINT net_grids_kind_check CHECK (kind IN ('basic', 'dedicated')),
    CONSTRAINT net_grids_code_check CHECK (length(code) = 15),
    CONSTRAINT net_grids_counts_check CHECK (households >= 0 AND shops >= 0)
);
CREATE INDEX net_grids_by_code ON net_grids (code, net_id);
CREATE INDEX net_grids_by_bounds ON net_grids USING gist (bounds);

CREATE TABLE departments (
    id text COLLATE "C" NOT NULL,
    area text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    active boolean NOT NULL DEFAULT true,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT departments_pkey PRIMARY KEY (id),
    CONSTRAINT departments_area_kind_key UNIQUE (area, kind),
    CONSTRAINT departments_area_fkey FOREIGN KEY (area) REFERENCES areas (code)
);

-- Numbers are sealed (AES-GCM) and found by a keyed hash of the exact number only.
CREATE TABLE people (
    id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    name text NOT NULL,
    phone bytea,
    phone_index bytea,
    identity_number bytea,
    identity_number_index bytea,
    permanent_resident boolean NOT NULL DEFAULT false,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT people_pkey PRIMARY KEY (id),
    CONSTRAINT people_identity_number_key UNIQUE (identity_number_index),
    CONSTRAINT people_phone_check CHECK ((phone IS NULL) = (phone_index IS NULL)),
    CONSTRAINT people_identity_number_check CHECK ((identity_number IS NULL) = (identity_number_index IS NULL))
);
CREATE INDEX people_by_area ON people (area, id);
CREATE INDEX people_by_name ON people (name, id);
CREATE INDEX people_by_phone ON people (phone_index) WHERE phone_index IS NOT NULL;

-- Who looked at whose plain numbers, and why. Rows are only added.
CREATE TABLE unmaskings (
    id uuid NOT NULL,
    person_id uuid NOT NULL,
    fields text[] NOT NULL,
    reason text NOT NULL,
    by_person uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT unmaskings_pkey PRIMARY KEY (id),
    CONSTRAINT unmaskings_person_fkey FOREIGN KEY (person_id) REFERENCES people (id)
);
CREATE INDEX unmaskings_by_person ON unmaskings (person_id, id);

CREATE TABLE responders (
    department_id text COLLATE "C" NOT NULL,
    person_id uuid NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT responders_pkey PRIMARY KEY (department_id, person_id),
    CONSTRAINT responders_department_fkey FOREIGN KEY (department_id) REFERENCES departments (id),
    CONSTRAINT responders_person_fkey FOREIGN KEY (person_id) REFERENCES people (id)
);

CREATE TABLE posts (
    id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    seat integer NOT NULL,
    department_id text COLLATE "C",
    profession text,
    duty_name text NOT NULL,
    duty_phone text NOT NULL,
    person_id uuid,
    assigned_at timestamptz,
    closed_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT posts_pkey PRIMARY KEY (id),
    CONSTRAINT posts_department_fkey FOREIGN KEY (department_id) REFERENCES departments (id),
    CONSTRAINT posts_person_fkey FOREIGN KEY (person_id) REFERENCES people (id),
    CONSTRAINT posts_held_check CHECK ((person_id IS NULL) = (assigned_at IS NULL)),
    CONSTRAINT posts_closed_check CHECK (closed_at IS NULL OR person_id IS NULL)
);
-- Two admins who open the same seat at once: one of them gets a conflict.
CREATE UNIQUE INDEX posts_seat_key ON posts (area, kind, coalesce(department_id, ''), seat) WHERE closed_at IS NULL;
CREATE INDEX posts_by_area ON posts (area, id) WHERE closed_at IS NULL;
CREATE INDEX posts_by_kind ON posts (kind, area, id) WHERE closed_at IS NULL;
CREATE INDEX posts_vacant ON posts (area, id) WHERE closed_at IS NULL AND person_id IS NULL;
CREATE INDEX posts_by_person ON posts (person_id) WHERE person_id IS NOT NULL;

-- Who held a post from when to when.
CREATE TABLE tenures (
    post_id uuid NOT NULL,
    person_id uuid NOT NULL,
    assigned_at timestamptz NOT NULL,
    vacated_at timestamptz,
    reason text,
    CONSTRAINT tenures_pkey PRIMARY KEY (post_id, assigned_at),
    CONSTRAINT tenures_post_fkey FOREIGN KEY (post_id) REFERENCES posts (id),
    CONSTRAINT tenures_person_fkey FOREIGN KEY (person_id) REFERENCES people (id)
);
CREATE INDEX tenures_by_person ON tenures (person_id, assigned_at);

CREATE TABLE households (
    id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    book_number text COLLATE "C" NOT NULL,
    address text NOT NULL,
    -- Longitude and latitude, where known.
    place point,
    active boolean NOT NULL DEFAULT true,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT households_pkey PRIMARY KEY (id),
    CONSTRAINT households_area_check CHECK (length(area) IN (15, 17))
);
-- The book number stands on paper: a shopkeeper of the subdistrict finds the household by it.
CREATE UNIQUE INDEX households_book_key ON households (left(area, 9), book_number);
CREATE INDEX households_by_area ON households (area, id);
CREATE INDEX households_by_book ON households (book_number);

CREATE TABLE household_members (
    household_id uuid NOT NULL,
    person_id uuid NOT NULL,
    -- To the head: head, spouse, child, …
    relation text NOT NULL,
    -- The order in which members are shown.
    position integer NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    until timestamptz,
    CONSTRAINT household_members_pkey PRIMARY KEY (household_id, person_id, since),
    CONSTRAINT household_members_household_fkey FOREIGN KEY (household_id) REFERENCES households (id),
    CONSTRAINT household_members_person_fkey FOREIGN KEY (person_id) REFERENCES people (id)
);
-- A person belongs to one household at a time.
CREATE UNIQUE INDEX household_members_person_key ON household_members (person_id) WHERE until IS NULL;
CREATE INDEX household_members_present ON household_members (household_id, position) WHERE until IS NULL;

CREATE TABLE kinships (
    id uuid NOT NULL,
    area text COLLATE "C" NOT NULL,
    person_id uuid NOT NULL,
    relative_id uuid NOT NULL,
    relation text NOT NULL,
    state text NOT NULL,
    registered_by uuid NOT NULL,
    registered_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT kinships_pkey PRIMARY KEY (id),
    CONSTRAINT kinships_person_fkey FOREIGN KEY (person_id) REFERENCES people (id),
    CONSTRAINT kinships_relative_fkey FOREIGN KEY (relative_id) REFERENCES people (id),
    CONSTRAINT kinships_state_check CHECK (state IN ('registered', 'confirmed', 'declined')),
    CONSTRAINT kinships_two_check CHECK (person_id <> relative_id)
);
CREATE UNIQUE INDEX kinships_pair_key ON kinships (least(person_id, relative_id), greatest(person_id, relative_id))
    WHERE state <> 'declined';
CREATE INDEX kinships_by_area ON kinships (area, id);
CREATE INDEX kinships_by_state ON kinships (state, area, id);
CREATE INDEX kinships_by_person ON kinships (person_id);
CREATE INDEX kinships_by_relative ON kinships (relative_id);
