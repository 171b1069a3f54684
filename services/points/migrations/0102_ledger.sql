-- depends: 0101_points
-- The double-entry ledger. What the code promises is enforced here once more: entries and transfers are only
-- ever added, a transfer adds up to zero, a balance follows its entries, ordinary accounts stay above zero.

CREATE TABLE accounts (
    id bigint GENERATED ALWAYS AS IDENTITY,
    scheme_id uuid NOT NULL,
    kind text COLLATE "C" NOT NULL,
    -- The scheme, household or shop it belongs to.
    owner_id uuid NOT NULL,
    balance bigint NOT NULL DEFAULT 0,
    last_sequence bigint NOT NULL DEFAULT 0,
    CONSTRAINT accounts_pkey PRIMARY KEY (id),
    CONSTRAINT accounts_owner_key UNIQUE (owner_id, kind),
    CONSTRAINT accounts_scheme_fkey FOREIGN KEY (scheme_id) REFERENCES schemes (id),
    CONSTRAINT accounts_balance_check CHECK (
        CASE kind
            WHEN 'issuance' THEN true
            WHEN 'arrears' THEN balance <= 0
            WHEN 'household' THEN balance >= 0
            WHEN 'held' THEN balance >= 0
            WHEN 'shop' THEN balance >= 0
            ELSE false
        END
    )
) WITH (fillfactor = 80);
CREATE INDEX accounts_scheme_idx ON accounts (scheme_id, kind) INCLUDE (balance);

CREATE TABLE transfers (
    id uuid NOT NULL,
    scheme_id uuid NOT NULL,
    purpose text NOT NULL,
    at timestamptz NOT NULL,
    household_id uuid,
    person_id uuid,
    rule text,
    rule_version integer,
    cause text,
    reverses uuid,
    redemption_id uuid,
    reason text,
    made_by uuid,
    CONSTRAINT transfers_pkey PRIMARY KEY (id),
    CONSTRAINT transfers_scheme_fkey FOREIGN KEY (scheme_id) REFERENCES schemes (id),
    CONSTRAINT transfers_reverses_fkey FOREIGN KEY (reverses) REFERENCES transfers (id),
    CONSTRAINT transfers_redemption_fkey FOREIGN KEY (redemption_id) REFERENCES redemptions (id),
    CONSTRAINT transfers_purpose_check CHECK (
        CASE purpose
            WHEN 'earn' THEN rule IS NOT NULL AND rule_version IS NOT NULL AND cause IS NOT NULL AND person_id IS NOT NULL
            WHEN 'reverse' THEN reverses IS NOT NULL
            WHEN 'reserve' THEN redemption_id IS NOT NULL
            WHEN 'capture' THEN redemption_id IS NOT NULL
            WHEN 'release' THEN redemption_id IS NOT NULL
            WHEN 'adjust' THEN reason IS NOT NULL AND made_by IS NOT NULL
            ELSE false
        END
    )
);
-- A rule fires once per cause; a transfer is taken back once; an order reserves once and ends once.
CREATE UNIQUE INDEX transfers_cause_key ON transfers (rule, cause) WHERE purpose = 'earn';
CREATE UNIQUE INDEX transfers_reverses_key ON transfers (reverses) WHERE reverses IS NOT NULL;
CREATE UNIQUE INDEX transfers_reserve_key ON transfers (redemption_id) WHERE purpose = 'reserve';
CREATE UNIQUE INDEX transfers_end_key ON transfers (redemption_id) WHERE purpose IN ('capture', 'release');

CREATE TABLE entries (
    account_id bigint NOT NULL,
    -- From 1 without gaps.
    sequence bigint NOT NULL,
    transfer_id uuid NOT NULL,
    points bigint NOT NULL,
    balance_after bigint NOT NULL,
    CONSTRAINT entries_pkey PRIMARY KEY (account_id, sequence),
    CONSTRAINT entries_transfer_key UNIQUE (transfer_id, account_id),
    CONSTRAINT entries_account_fkey FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT entries_transfer_fkey FOREIGN KEY (transfer_id) REFERENCES transfers (id),
    CONSTRAINT entries_points_check CHECK (points <> 0)
);

-- What each cause earned by each rule; also with nothing, where the day's cap was used up.
CREATE TABLE awards (
    rule text NOT NULL,
    cause text COLLATE "C" NOT NULL,
    household_id uuid NOT NULL,
    person_id uuid NOT NULL,
    scheme_id uuid NOT NULL,
    rule_version integer NOT NULL,
    occurred_at timestamptz NOT NULL,
    -- The day in Beijing, for the daily cap.
    day date NOT NULL,
    points integer NOT NULL,
    transfer_id uuid,
    reversed_by uuid,
    CONSTRAINT awards_pkey PRIMARY KEY (cause, rule),
    CONSTRAINT awards_transfer_fkey FOREIGN KEY (transfer_id) REFERENCES transfers (id),
    CONSTRAINT awards_reversed_by_fkey FOREIGN KEY (reversed_by) REFERENCES transfers (id),
    CONSTRAINT awards_points_check CHECK (points >= 0 AND (points = 0) = (transfer_id IS NULL))
);
CREATE INDEX awards_person_day_idx ON awards (person_id, day, rule);

-- What would earn if the person's household were known; credited when it is.
CREATE TABLE waiting_claims (
    rule text NOT NULL,
    cause text COLLATE "C" NOT NULL,
    person_id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    minutes integer,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT waiting_claims_pkey PRIMARY KEY (cause, rule)
);
CREATE INDEX waiting_claims_person_idx ON waiting_claims (person_id);
CREATE INDEX waiting_claims_since_idx ON waiting_claims (since);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: the ledger is only ever added to', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER transfers_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON transfers
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entries_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER accounts_stay BEFORE DELETE OR TRUNCATE ON accounts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stock_movements_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_movements
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Each statement that adds entries adds all legs of their transfers, and to no transfer that has some already.
CREATE FUNCTION require_balanced_entries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    unbalanced uuid;
BEGIN
    SELECT e.transfer_id INTO unbalanced
    FROM entries AS e
    WHERE e.transfer_id IN (SELECT transfer_id FROM added)
    GROUP BY e.transfer_id
    HAVING
        sum(e.points) <> 0
        OR count(*) < 2
        OR count(*) <> (SELECT count(*) FROM added AS a WHERE a.transfer_id = e.transfer_id)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'transfer % does not balance', unbalanced
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfers_balance_check';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER entries_balance AFTER INSERT ON entries REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION require_balanced_entries();

-- Checked at commit: a transfer has moved something.
CREATE FUNCTION require_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM entries WHERE transfer_id = NEW.id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'transfer % has no entries', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfers_balance_check';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER transfers_move AFTER INSERT ON transfers
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_entries();

-- A balance cannot be set by hand: the entry that led to it must be there before.
CREATE FUNCTION require_entry_of_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong bigint;
BEGIN
    SELECT c.id INTO wrong
    FROM changed AS c
    LEFT JOIN entries AS e ON e.account_id = c.id AND e.sequence = c.last_sequence
    WHERE (c.last_sequence, c.balance) <> (0, 0) AND e.balance_after IS DISTINCT FROM c.balance
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'account % has no entry for its balance', wrong
            USING ERRCODE = 'check_violation', CONSTRAINT = 'accounts_entry_check';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER accounts_follow_entries AFTER UPDATE ON accounts REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION require_entry_of_balance();
CREATE TRIGGER accounts_begin_empty AFTER INSERT ON accounts REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION require_entry_of_balance();

-- Not even the owner of the table, whom the services run as, may change an entry. (transfers cannot lose
-- UPDATE: foreign keys to it lock its rows with that right; its trigger stands guard.)
REVOKE UPDATE, DELETE, TRUNCATE ON entries FROM CURRENT_USER;
