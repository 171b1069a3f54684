-- name: list_presets()
-- Presets with their newest version.
SELECT p.name, v.title, p.version, p.is_in_force FROM presets p
JOIN preset_versions v ON v.preset = p.name AND v.version = p.version ORDER BY p.name LIMIT 200;

-- name: lock_preset(name)^
-- Locks a preset.
SELECT name, version, is_in_force FROM presets WHERE name = :name FOR UPDATE;

-- name: get_preset(name)^
-- The newest version of a preset.
SELECT p.name, p.version, p.is_in_force, v.title, v.document, v.reason, v.made_by, v.made_at FROM presets p
JOIN preset_versions v ON v.preset = p.name AND v.version = p.version WHERE p.name = :name;

-- name: list_preset_versions(name)
-- Every version of a preset, newest first.
SELECT preset AS name, version, title, reason, made_by, made_at FROM preset_versions
WHERE preset = :name ORDER BY version DESC LIMIT 200;

-- name: insert_preset(name)!
-- A preset of the deployment's own, not in force.
INSERT INTO presets (name, is_in_force, version) VALUES (:name, false, 1);

-- name: set_preset_version(name, version)!
-- Which version of a preset is the newest.
UPDATE presets SET version = :version WHERE name = :name;

-- name: insert_preset_version(name, version, title, document, reason, made_by)!
-- A version of a preset.
INSERT INTO preset_versions (preset, version, title, document, reason, made_by)
VALUES (:name, :version, :title, :document::jsonb, :reason, :made_by);

-- name: put_none_in_force()!
-- Takes the preset in force out of it.
UPDATE presets SET is_in_force = false WHERE is_in_force;

-- name: put_in_force(name)!
-- Puts a preset in force.
UPDATE presets SET is_in_force = true WHERE name = :name;

-- name: note_act(act_id, action, by_person, reason, detail)!
-- Keeps what an admin did.
INSERT INTO limit_acts (act_id, action, by_person, reason, detail)
VALUES (:act_id, :action, :by_person, :reason, :detail::jsonb);

-- name: list_acts(before, most)
-- What admins did to limits and calendar, newest first.
SELECT act_id, action, by_person, reason, detail, at FROM limit_acts
WHERE :before::uuid IS NULL OR act_id < :before::uuid ORDER BY act_id DESC LIMIT :most;

-- name: reaches_beyond(scopes)$
-- Whether the deployment has departments or subdistricts that lie in none of these areas.
SELECT EXISTS (SELECT FROM departments WHERE is_active AND NOT area ^@ ANY(:scopes::text[]))
    OR EXISTS (SELECT FROM subdistricts WHERE NOT area ^@ ANY(:scopes::text[]));

-- name: get_year(year)^
-- A published year.
SELECT year, version FROM calendar_years WHERE year = :year;

-- name: lock_calendar()$
-- One edit of the calendar at a time, also of a year that has no row yet.
SELECT pg_advisory_xact_lock(hashtext('dispatch.calendar'));

-- name: lock_year(year)^
-- Locks a published year.
SELECT year, version FROM calendar_years WHERE year = :year FOR UPDATE;

-- name: days_of_year(year)
-- The dates of a year that differ from "weekdays work".
SELECT day, is_working, note FROM calendar_days
WHERE day >= make_date(:year, 1, 1) AND day < make_date(:year + 1, 1, 1) ORDER BY day;

-- name: set_year(year, version)!
-- Publishes a year, or a new version of it.
INSERT INTO calendar_years (year, version) VALUES (:year, :version)
ON CONFLICT ON CONSTRAINT calendar_years_pkey DO UPDATE SET version = excluded.version;

-- name: clear_days(year)!
-- Forgets the dates of a year.
DELETE FROM calendar_days WHERE day >= make_date(:year, 1, 1) AND day < make_date(:year + 1, 1, 1);

-- name: insert_days(days, is_working, notes)!
-- The dates of a year.
INSERT INTO calendar_days (day, is_working, note)
SELECT * FROM unnest(:days::date[], :is_working::boolean[], :notes::text[]);

-- name: insert_recomputation(recomputation_id, kind, area, category, sla_class, clock, preset, first_day, last_day, reason, by_person)!
-- Asks for running clocks to be computed anew.
INSERT INTO recomputations (recomputation_id, kind, area, category, sla_class, clock, preset, first_day, last_day,
    reason, by_person)
VALUES (:recomputation_id, :kind, :area, :category, :sla_class, :clock, :preset, :first_day, :last_day, :reason,
    :by_person);

-- name: get_recomputation(recomputation_id, scopes)^
-- A recomputation of the caller's areas, or of the whole deployment.
SELECT * FROM recomputations
WHERE recomputation_id = :recomputation_id AND (area IS NULL OR area ^@ ANY(:scopes));

-- name: list_recomputations(scopes, before, most)
-- Recomputations, newest first.
SELECT * FROM recomputations
WHERE (area IS NULL OR area ^@ ANY(:scopes)) AND (:before::uuid IS NULL OR recomputation_id < :before::uuid)
ORDER BY recomputation_id DESC LIMIT :most;

-- name: lock_recomputation()^
-- Locks the oldest unfinished recomputation that nobody works on.
SELECT * FROM recomputations WHERE finished_at IS NULL ORDER BY recomputation_id LIMIT 1 FOR UPDATE SKIP LOCKED;

-- name: count_recomputations()$
-- How many recomputations are not finished.
SELECT count(*) FROM recomputations WHERE finished_at IS NULL;

-- name: clocks_to_recompute(after, area, category, sla_class, clock, preset, first_day, last_day, most)
-- The next clocks of a recomputation, without locks.
SELECT clock_id, owner_id FROM clocks
WHERE state <> 'stopped' AND (:after::uuid IS NULL OR clock_id > :after::uuid)
  AND (:area::text IS NULL OR area ^@ :area::text)
  AND (:category::text IS NULL OR category = :category::text)
  AND (:sla_class::text IS NULL OR sla_class = :sla_class::text)
  AND (:clock::text IS NULL OR name = :clock::text)
  AND (:preset::text IS NULL OR preset = :preset::text)
  AND (:last_day::date IS NULL OR (started_at AT TIME ZONE 'Asia/Shanghai')::date <= :last_day::date)
  AND (:first_day::date IS NULL OR (due_at AT TIME ZONE 'Asia/Shanghai')::date >= :first_day::date)
ORDER BY clock_id LIMIT :most;

-- name: clocks_by_id(clock_ids)
-- Clocks by id.
SELECT * FROM clocks WHERE clock_id = ANY(:clock_ids);

-- name: note_recomputed(recomputation_id, after, looked_at, changed, is_finished)!
-- How far a recomputation is.
UPDATE recomputations SET after_clock = COALESCE(:after, after_clock), looked_at = looked_at + :looked_at,
    changed = changed + :changed,
    finished_at = CASE WHEN :is_finished THEN clock_timestamp() END
WHERE recomputation_id = :recomputation_id;
