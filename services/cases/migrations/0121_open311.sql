-- depends: 0101_cases
-- Open311 GeoReport v2: on whose behalf it is served, who may post, what is asked beside the words, what came in by it.

CREATE TABLE jurisdictions (
    jurisdiction_id text NOT NULL,
    area text COLLATE "C" NOT NULL,
    name text NOT NULL,
    contact text NOT NULL,
    -- Served where a client names none.
    is_default boolean NOT NULL,
    -- Whether reports without a key are taken.
    takes_anonymous boolean NOT NULL,
    -- Whether words, exact place and photos are shown to everybody.
    shows_details boolean NOT NULL,
    -- Themes of the catalogue whose matters everybody may see.
    published_themes text[] NOT NULL,
    -- Who reports without a key are on record as.
    anonymous_id uuid NOT NULL,
    changed_by uuid NOT NULL,
    changed_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    CONSTRAINT jurisdictions_pkey PRIMARY KEY (jurisdiction_id),
    CONSTRAINT jurisdictions_anonymous_key UNIQUE (anonymous_id)
);
CREATE UNIQUE INDEX jurisdictions_default_key ON jurisdictions (is_default) WHERE is_default;
CREATE INDEX jurisdictions_area_idx ON jurisdictions (area);

CREATE TABLE api_keys (
    key_id uuid NOT NULL,
    name text NOT NULL,
    -- Where its holder may report.
    areas text[] NOT NULL,
    -- A key is long enough that nobody can try them all, so a plain hash is safe.
    key_hash bytea NOT NULL,
    posts_per_minute integer NOT NULL,
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL,
    revoked_by uuid,
    revoked_at timestamptz,
    CONSTRAINT api_keys_pkey PRIMARY KEY (key_id),
    CONSTRAINT api_keys_hash_key UNIQUE (key_hash),
    CONSTRAINT api_keys_rate_check CHECK (posts_per_minute > 0)
);

-- What is asked of whoever reports a matter of the catalogue: the attributes of a service definition.
CREATE TABLE open311_questions (
    category text NOT NULL,
    questions jsonb NOT NULL,
    changed_by uuid,
    changed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT open311_questions_pkey PRIMARY KEY (category)
);

-- Reports that came in by Open311.
CREATE TABLE open311_requests (
    case_id uuid NOT NULL,
    -- The key, or the jurisdiction's `anonymous_id`.
    key_id uuid NOT NULL,
    filed_at timestamptz NOT NULL,
    -- A picture its sender keeps elsewhere; never fetched.
    media_url text,
    answers jsonb NOT NULL,
    CONSTRAINT open311_requests_pkey PRIMARY KEY (case_id),
    CONSTRAINT open311_requests_case_fkey FOREIGN KEY (case_id) REFERENCES cases (case_id)
);
CREATE INDEX open311_requests_key_idx ON open311_requests (key_id, filed_at, case_id);

-- How often somebody posted in a minute; forgotten soon.
CREATE TABLE open311_uses (
    who text NOT NULL,
    minute timestamptz NOT NULL,
    count integer NOT NULL,
    CONSTRAINT open311_uses_pkey PRIMARY KEY (who, minute)
);
CREATE INDEX open311_uses_minute_idx ON open311_uses (minute);
