-- Who may sign in, with what, and which outside systems are connected (design: docs/decisions on identity).

CREATE TABLE users (
    user_id uuid NOT NULL,
    -- The person of the registers; a person has at most one account.
    person_id uuid NOT NULL,
    username text COLLATE "C" NOT NULL,
    -- argon2id, PHC string; NULL for those who only sign in through an outside issuer.
    password_hash text,
    roles text[] NOT NULL,
    areas text[] COLLATE "C" NOT NULL DEFAULT '{}',
    department_id text COLLATE "C",
    shops uuid[] NOT NULL DEFAULT '{}',
    active boolean NOT NULL DEFAULT true,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT users_pkey PRIMARY KEY (user_id),
    CONSTRAINT users_person_key UNIQUE (person_id),
    CONSTRAINT users_username_key UNIQUE (username),
    CONSTRAINT users_username_check CHECK (username ~ '^[a-z0-9][a-z0-9._-]{1,62}$'),
    CONSTRAINT users_version_check CHECK (version > 0)
);
-- The list of accounts shows those with an area scope: residents are millions, staff are not.
CREATE INDEX users_with_area ON users (username) WHERE areas <> '{}';

-- A person at an outside OpenID Connect issuer.
CREATE TABLE external_identities (
    issuer text NOT NULL,
    subject text NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT external_identities_pkey PRIMARY KEY (issuer, subject),
    CONSTRAINT external_identities_user_fkey FOREIGN KEY (user_id) REFERENCES users (user_id)
);
CREATE INDEX external_identities_user ON external_identities (user_id);

-- One sign-in on one device: the family of refresh tokens that grew from it.
CREATE TABLE sessions (
    session_id uuid NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    -- logout, reuse, deactivated, password.
    end_reason text,
    CONSTRAINT sessions_pkey PRIMARY KEY (session_id),
    CONSTRAINT sessions_user_fkey FOREIGN KEY (user_id) REFERENCES users (user_id),
    CONSTRAINT sessions_end_check CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX sessions_of_user ON sessions (user_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- Refresh tokens by their hash. `salt` makes the successor out of the token itself, so that several tabs that
-- refresh at the same moment all get the same successor, and the database alone can make none of them.
CREATE TABLE refresh_tokens (
    token_hash bytea NOT NULL,
    session_id uuid NOT NULL,
    salt bytea NOT NULL,
    issued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    used_at timestamptz,
    CONSTRAINT refresh_tokens_pkey PRIMARY KEY (token_hash),
    CONSTRAINT refresh_tokens_session_fkey FOREIGN KEY (session_id) REFERENCES sessions (session_id)
        ON DELETE CASCADE
);
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);

-- Failed sign-ins, per account name and per address. Names that do not exist are counted too, so that a
-- lock-out does not tell which do.
CREATE TABLE sign_in_failures (
    kind text NOT NULL,
    key text COLLATE "C" NOT NULL,
    failures integer NOT NULL,
    last_at timestamptz NOT NULL,
    blocked_until timestamptz,
    CONSTRAINT sign_in_failures_pkey PRIMARY KEY (kind, key),
    CONSTRAINT sign_in_failures_kind_check CHECK (kind IN ('account', 'address', 'client'))
);
CREATE INDEX sign_in_failures_age ON sign_in_failures (last_at);

-- Outside systems. The broker part is brought about by the worker: `state` tells how far it is.
CREATE TABLE integrators (
    integrator_id uuid NOT NULL,
    -- The client id, and the name of the stream and the broker account `integrator.<name>`.
    name text COLLATE "C" NOT NULL,
    title text NOT NULL,
    event_types text[] NOT NULL,
    areas text[] COLLATE "C" NOT NULL,
    -- SHA-256 of a random secret: too long to be guessed, so it needs no slow hash.
    secret_hash bytea NOT NULL,
    -- As RabbitMQ stores it (salted SHA-256); the password itself is kept nowhere.
    broker_password_hash text NOT NULL,
    state text NOT NULL DEFAULT 'pending',
    -- Where in the log copying of the history goes on; NULL before its start.
    history_offset bigint,
    history_done boolean NOT NULL DEFAULT false,
    -- When the stream was bound and live events began to flow in; history is copied up to there.
    bound_at timestamptz,
    -- The last try at the broker, and why it failed.
    tried_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    trouble text,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT integrators_pkey PRIMARY KEY (integrator_id),
    CONSTRAINT integrators_name_key UNIQUE (name),
    CONSTRAINT integrators_name_check CHECK (name ~ '^[a-z][a-z0-9-]{2,40}$'),
    CONSTRAINT integrators_state_check CHECK (state IN ('pending', 'ready', 'revoking', 'revoked'))
);
CREATE INDEX integrators_due ON integrators (next_try_at) WHERE state IN ('pending', 'revoking');

-- What admins did to accounts and outside systems, and sessions ended because a token was used twice.
CREATE TABLE identity_journal (
    entry_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor_id uuid,
    action text NOT NULL,
    subject_id uuid NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT identity_journal_pkey PRIMARY KEY (entry_id)
);
CREATE INDEX identity_journal_of_subject ON identity_journal (subject_id, at);
