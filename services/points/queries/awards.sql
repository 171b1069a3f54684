-- name: rules_of(scheme_ids)
-- Every version of the rules of schemes.
SELECT scheme_id::text, code, version, name, points, basis, daily_cap, active, valid_from
FROM rules
WHERE scheme_id = ANY (:scheme_ids::uuid[])
ORDER BY scheme_id, code, version;

-- name: add_rule_version(scheme_id, code, name, points, basis, daily_cap, active, valid_from, made_by)^
-- Adds the next version of a rule; the scheme's row is locked by the caller.
INSERT INTO rules (scheme_id, code, version, name, points, basis, daily_cap, active, valid_from, made_by)
SELECT
    :scheme_id, :code, coalesce(max(version), 0) + 1, :name, :points, :basis, :daily_cap, :active,
    coalesce(:valid_from::timestamptz, clock_timestamp()), :made_by
FROM rules
WHERE scheme_id = :scheme_id AND code = :code
RETURNING scheme_id::text, code, version, name, points, basis, daily_cap, active, valid_from;

-- name: spent_causes(rules, causes)
-- Which of these (rule, cause) have fired or wait to; what was forgotten has fired by every rule.
SELECT rule, cause FROM awards JOIN unnest(:rules::text[], :causes::text[]) AS g (rule, cause) USING (rule, cause)
UNION ALL
SELECT rule, cause FROM waiting_claims JOIN unnest(:rules::text[], :causes::text[]) AS g (rule, cause) USING (rule, cause)
UNION ALL
SELECT rule, cause FROM forgotten_causes JOIN unnest(:rules::text[], :causes::text[]) AS g (rule, cause) USING (cause);

-- name: earned_on_days(person_ids, days)
-- What persons earned on days by each rule, without what was reversed.
SELECT a.rule, a.person_id::text, a.day, sum(a.points)::integer AS points
FROM awards AS a
JOIN (SELECT DISTINCT person_id, day FROM unnest(:person_ids::uuid[], :days::date[]) AS d (person_id, day)) AS g
    ON a.person_id = g.person_id AND a.day = g.day
WHERE a.reversed_by IS NULL
GROUP BY a.rule, a.person_id, a.day;

-- name: add_awards(rule, cause, household_id, person_id, scheme_id, rule_version, occurred_at, day, points, transfer_id)*!
-- Records that causes fired; the primary key refuses a second time.
INSERT INTO awards (rule, cause, household_id, person_id, scheme_id, rule_version, occurred_at, day, points, transfer_id)
VALUES (:rule, :cause, :household_id, :person_id, :scheme_id, :rule_version, :occurred_at, :day, :points, :transfer_id);

-- name: households_of_causes(causes)
-- Households credited for causes.
SELECT DISTINCT household_id::text FROM awards WHERE cause = ANY (:causes::text[]);

-- name: awards_to_reverse(causes)
-- What causes earned and was not taken back. The households' passbooks are locked by the caller.
SELECT rule, cause, household_id::text, person_id::text, scheme_id::text, rule_version, points, transfer_id::text
FROM awards
WHERE cause = ANY (:causes::text[]) AND transfer_id IS NOT NULL AND reversed_by IS NULL
ORDER BY cause, rule;

-- name: mark_reversed(rules, causes, transfer_ids)!
-- Notes which transfer took an award back.
UPDATE awards AS a
SET reversed_by = g.transfer_id
FROM unnest(:rules::text[], :causes::text[], :transfer_ids::uuid[]) AS g (rule, cause, transfer_id)
WHERE a.rule = g.rule AND a.cause = g.cause AND a.reversed_by IS NULL;

-- name: add_waiting(rule, cause, person_id, occurred_at, minutes, vouched_by)*!
-- Keeps claims of persons whose household is not known yet.
INSERT INTO waiting_claims (rule, cause, person_id, occurred_at, minutes, vouched_by)
VALUES (:rule, :cause, :person_id, :occurred_at, :minutes, :vouched_by)
ON CONFLICT DO NOTHING;

-- name: take_waiting(person_ids)
-- Takes out the waiting claims of persons.
DELETE FROM waiting_claims
WHERE person_id = ANY (:person_ids::uuid[])
RETURNING rule, cause, person_id::text, occurred_at, minutes, vouched_by::text;

-- name: drop_waiting(causes)!
-- Forgets waiting claims whose cause fell away.
DELETE FROM waiting_claims WHERE cause = ANY (:causes::text[]);

-- name: forget_waiting(days, most)!
-- Forgets claims that have waited longer than so many days.
DELETE FROM waiting_claims
WHERE (cause, rule) IN (
    SELECT cause, rule FROM waiting_claims
    WHERE since < clock_timestamp() - make_interval(days => :days)
    ORDER BY since
    LIMIT :most
);

-- name: waiting_persons_at_home(limit)
-- Persons whose claims still wait though their household is known: both arrived at the same moment.
SELECT DISTINCT w.person_id::text
FROM waiting_claims AS w
JOIN household_members AS m ON m.person_id = w.person_id
JOIN households AS h ON h.id = m.household_id AND h.active
LIMIT :limit;

-- name: note_forgotten(causes)!
-- Causes that fired or wait to stay spent when nobody knows any more for whom.
INSERT INTO forgotten_causes (cause)
SELECT cause FROM awards WHERE cause = ANY (:causes::text[])
UNION
SELECT cause FROM waiting_claims WHERE cause = ANY (:causes::text[])
ON CONFLICT ON CONSTRAINT forgotten_causes_pkey DO NOTHING;

-- name: forget_transfers(causes)!
-- Takes person and matter from the transfers that credited these causes and took them back.
UPDATE transfers AS t
SET person_id = NULL, cause = f.cause
FROM (
    SELECT unnest(ARRAY[transfer_id, reversed_by]) AS id, 'forgotten:' || transfer_id AS cause
    FROM awards
    WHERE cause = ANY (:causes::text[]) AND transfer_id IS NOT NULL
) AS f
WHERE t.id = f.id;

-- name: forget_awards(causes)!
-- The same for awards; of the moment only the day in Beijing stays: to the microsecond it names the matter again.
UPDATE awards
SET person_id = NULL, cause = 'forgotten:' || transfer_id, occurred_at = day::timestamp AT TIME ZONE 'Asia/Shanghai'
WHERE cause = ANY (:causes::text[]) AND transfer_id IS NOT NULL;

-- name: drop_awards(causes)!
-- Awards of nothing, where the day's cap was used up: no points tell of them.
DELETE FROM awards WHERE cause = ANY (:causes::text[]) AND transfer_id IS NULL;
