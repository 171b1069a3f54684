-- name: identity_user(user_id)^
-- An account with its outside sign-ins and what the registers know of the person.
SELECT users.user_id, users.person_id, username, password_hash IS NOT NULL AS has_password, roles, areas,
    department_id, shops, users.active, users.version,
    (SELECT coalesce(json_agg(json_build_array(issuer, subject)), '[]') FROM external_identities
     WHERE external_identities.user_id = users.user_id) AS identities,
    people.name, households.id AS household_id, left(households.area, 15) AS home,
    coalesce(households.area, people.area) AS place
FROM users
LEFT JOIN people ON people.id = users.person_id
LEFT JOIN household_members ON household_members.person_id = users.person_id AND household_members.until IS NULL
LEFT JOIN households ON households.id = household_members.household_id AND households.active
WHERE users.user_id = :user_id;

-- name: identity_lock_user(user_id)^
-- Locks an account for a change.
SELECT user_id FROM users WHERE user_id = :user_id FOR UPDATE;

-- name: identity_user_of_person(person_id)^
-- The account of a person.
SELECT user_id FROM users WHERE person_id = :person_id;

-- name: identity_user_of_identity(issuer, subject)^
-- The account an outside sign-in belongs to.
SELECT user_id FROM external_identities WHERE issuer = :issuer AND subject = :subject;

-- name: identity_credentials(username)^
-- What a sign-in with a password is checked against.
SELECT user_id, password_hash, active FROM users WHERE username = :username;

-- name: identity_password(user_id)^
-- What a change of the own password is checked against.
SELECT username, password_hash FROM users WHERE user_id = :user_id FOR UPDATE;

-- name: identity_add_user(user_id, person_id, username, password_hash, roles, areas, department_id, shops)!
-- Stores a new account.
INSERT INTO users (user_id, person_id, username, password_hash, roles, areas, department_id, shops)
VALUES (:user_id, :person_id, :username, :password_hash, :roles, :areas, :department_id, :shops::uuid[]);

-- name: identity_put_user(user_id, person_id, username, password_hash, roles, areas, department_id, shops)^
-- Stores an account or replaces it whole; for demonstration data.
INSERT INTO users (user_id, person_id, username, password_hash, roles, areas, department_id, shops)
VALUES (:user_id, :person_id, :username, :password_hash, :roles, :areas, :department_id, :shops::uuid[])
ON CONFLICT (username) DO UPDATE
SET roles = excluded.roles, areas = excluded.areas, department_id = excluded.department_id, shops = excluded.shops
RETURNING user_id;

-- name: identity_save_user(user_id, username, roles, areas, department_id, shops, active, version)!
-- Stores a changed account.
UPDATE users
SET username = :username, roles = :roles, areas = :areas, department_id = :department_id, shops = :shops::uuid[],
    active = :active, version = :version, updated_at = clock_timestamp()
WHERE user_id = :user_id;

-- name: identity_set_password(user_id, password_hash)!
-- Sets an account's password.
UPDATE users SET password_hash = :password_hash, updated_at = clock_timestamp() WHERE user_id = :user_id;

-- name: identity_rehash(user_id, before, after)!
-- Strengthens a stored password hash, unless the password was changed meanwhile.
UPDATE users SET password_hash = :after WHERE user_id = :user_id AND password_hash = :before;

-- name: identity_drop_identities(user_id)!
-- Unlinks every outside sign-in of an account.
DELETE FROM external_identities WHERE user_id = :user_id;

-- name: identity_add_identity(issuer, subject, user_id)!
-- Links an outside sign-in to an account.
INSERT INTO external_identities (issuer, subject, user_id) VALUES (:issuer, :subject, :user_id);

-- name: identity_journal(entry_id, actor_id, action, subject_id, details)!
-- Notes who did what to which account or outside system.
INSERT INTO identity_journal (entry_id, actor_id, action, subject_id, details)
VALUES (:entry_id, :actor_id, :action, :subject_id, :details::jsonb);

-- name: identity_users(scopes, role, active, after, limit)
-- Accounts with an area scope inside the given ones, by user name.
SELECT user_id, person_id, username, password_hash IS NOT NULL AS has_password, roles, areas, department_id, shops,
    active, users.version, '[]'::json AS identities, people.name, NULL::uuid AS household_id, NULL AS home,
    people.area AS place
FROM users
LEFT JOIN people ON people.id = users.person_id
WHERE areas <> '{}'
    AND EXISTS (SELECT FROM unnest(areas) AS scope WHERE scope ^@ ANY(:scopes::text[]))
    AND (:role::text IS NULL OR :role = ANY(roles))
    AND (:active::boolean IS NULL OR active = :active)
    AND (:after::text IS NULL OR username > :after)
ORDER BY username
LIMIT :limit;

-- name: identity_user_named(username)^
-- The account of a user name.
SELECT user_id FROM users WHERE username = :username;

-- name: identity_place(person_id)^
-- The area the registers keep a person in.
SELECT coalesce(households.area, people.area) AS place
FROM people
LEFT JOIN household_members ON household_members.person_id = people.id AND household_members.until IS NULL
LEFT JOIN households ON households.id = household_members.household_id AND households.active
WHERE people.id = :person_id;

-- name: identity_department(department_id)^
-- An open department.
SELECT id FROM departments WHERE id = :department_id AND active;

-- name: identity_area_of_post(person_id)^
-- The area of a person's smallest post.
SELECT area FROM posts WHERE person_id = :person_id ORDER BY length(area) DESC, area LIMIT 1;
