-- depends: 0150_code_tries
-- Who reported a matter is forgotten here when cases says so; points and their history stay.

-- Causes whose person was forgotten. They fired, and do not fire again.
CREATE TABLE forgotten_causes (
    cause text COLLATE "C" NOT NULL,
    forgotten_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT forgotten_causes_pkey PRIMARY KEY (cause)
);

ALTER TABLE awards ALTER COLUMN person_id DROP NOT NULL;

-- Weaker than what it replaces by one case, so no row there is needs to be looked at again.
ALTER TABLE transfers DROP CONSTRAINT transfers_purpose_check;
ALTER TABLE transfers ADD CONSTRAINT transfers_purpose_check CHECK (
    CASE purpose
        WHEN 'earn' THEN rule IS NOT NULL AND rule_version IS NOT NULL AND cause IS NOT NULL
            AND (person_id IS NOT NULL OR cause LIKE 'forgotten:%')
        WHEN 'reverse' THEN reverses IS NOT NULL
        WHEN 'reserve' THEN redemption_id IS NOT NULL
        WHEN 'capture' THEN redemption_id IS NOT NULL
        WHEN 'release' THEN redemption_id IS NOT NULL
        WHEN 'adjust' THEN reason IS NOT NULL AND made_by IS NOT NULL
        ELSE false
    END
) NOT VALID;

-- The one change a transfer allows: its person and its matter go, and the name of the crediting transfer takes the
-- place of the matter's, so that award, credit and reversal still belong together. Nothing that moved points changes.
CREATE FUNCTION refuse_change_but_forgetting() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    forgotten transfers%ROWTYPE := OLD;
BEGIN
    forgotten.person_id := NULL;
    forgotten.cause := 'forgotten:' || coalesce(OLD.reverses, OLD.id);
    IF OLD.cause LIKE 'case:%' AND NEW IS NOT DISTINCT FROM forgotten THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'UPDATE of transfers is refused: the ledger is only ever added to'
        USING ERRCODE = 'restrict_violation';
END
$$;
DROP TRIGGER transfers_are_final ON transfers;
CREATE TRIGGER transfers_are_final BEFORE DELETE OR TRUNCATE ON transfers
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfers_only_forget BEFORE UPDATE ON transfers
    FOR EACH ROW EXECUTE FUNCTION refuse_change_but_forgetting();

-- Whom a service was given to: nobody earns by serving the own household.
ALTER TABLE waiting_claims ADD COLUMN served_id uuid;
