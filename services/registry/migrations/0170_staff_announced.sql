-- depends: 0002_identity
-- Which accounts other services must still be told about: who may be given work, and where.

ALTER TABLE users
    -- False while what an account may do has changed since it was last announced. Residents' accounts never are.
    ADD COLUMN is_announced boolean NOT NULL DEFAULT true,
    -- Where it was announced last: what takes its last area away is told there.
    ADD COLUMN announced_area text COLLATE "C";
CREATE INDEX users_to_announce_idx ON users (user_id) WHERE NOT is_announced;

-- A trigger, so that no way of writing an account, an earlier release's neither, leaves others with an old copy.
CREATE FUNCTION tell_of_staff() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.is_announced := NEW.areas = '{}' AND NEW.announced_area IS NULL;
    RETURN NEW;
END
$$;
CREATE TRIGGER staff_made BEFORE INSERT ON users
    FOR EACH ROW EXECUTE FUNCTION tell_of_staff();
CREATE TRIGGER staff_changed BEFORE UPDATE OF person_id, roles, areas, department_id, active ON users
    FOR EACH ROW WHEN ((OLD.person_id, OLD.roles, OLD.areas, OLD.department_id, OLD.active)
        IS DISTINCT FROM (NEW.person_id, NEW.roles, NEW.areas, NEW.department_id, NEW.active))
    EXECUTE FUNCTION tell_of_staff();

UPDATE users SET is_announced = false WHERE areas <> '{}';
