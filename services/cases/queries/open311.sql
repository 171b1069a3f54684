-- name: jurisdiction(jurisdiction_id)^
-- One jurisdiction by its id.
SELECT * FROM jurisdictions WHERE jurisdiction_id = :jurisdiction_id;

-- name: lock_jurisdiction(jurisdiction_id)^
-- One jurisdiction, locked.
SELECT *, clock_timestamp() AS at FROM jurisdictions WHERE jurisdiction_id = :jurisdiction_id FOR UPDATE;

-- name: usual_jurisdictions()
-- What may be meant where a client names no jurisdiction: the default one first; two are enough to know.
SELECT * FROM jurisdictions ORDER BY is_default DESC, jurisdiction_id LIMIT 2;

-- name: jurisdictions(scopes, after, most)
-- The jurisdictions inside a caller's areas.
SELECT * FROM jurisdictions
WHERE area ^@ ANY(:scopes::text[]) AND (:after::text IS NULL OR jurisdiction_id > :after::text)
ORDER BY jurisdiction_id LIMIT :most;

-- name: insert_jurisdiction(jurisdiction_id, area, name, contact, is_default, takes_anonymous, shows_details, published_themes, anonymous_id, changed_by, changed_at)!
-- A new jurisdiction.
INSERT INTO jurisdictions (jurisdiction_id, area, name, contact, is_default, takes_anonymous, shows_details,
    published_themes, anonymous_id, changed_by, changed_at)
VALUES (:jurisdiction_id, :area, :name, :contact, :is_default, :takes_anonymous, :shows_details,
    :published_themes, :anonymous_id, :changed_by, :changed_at);

-- name: save_jurisdiction(jurisdiction_id, area, name, contact, is_default, takes_anonymous, shows_details, published_themes, changed_by, changed_at, version)!
-- A jurisdiction as it is now.
UPDATE jurisdictions SET area = :area, name = :name, contact = :contact, is_default = :is_default,
    takes_anonymous = :takes_anonymous, shows_details = :shows_details, published_themes = :published_themes,
    changed_by = :changed_by, changed_at = :changed_at, version = :version
WHERE jurisdiction_id = :jurisdiction_id;

-- name: api_key(key_hash)^
-- The key in use with this hash.
SELECT key_id, name, areas, posts_per_minute FROM api_keys WHERE key_hash = :key_hash AND revoked_at IS NULL;

-- name: insert_api_key(key_id, name, areas, key_hash, posts_per_minute, made_by, made_at)!
-- A new key.
INSERT INTO api_keys (key_id, name, areas, key_hash, posts_per_minute, made_by, made_at)
VALUES (:key_id, :name, :areas, :key_hash, :posts_per_minute, :made_by, :made_at);

-- name: api_keys(scopes, before, most)
-- Keys that lie wholly inside a caller's areas, newest first.
SELECT key_id, name, areas, posts_per_minute, made_by, made_at, revoked_by, revoked_at FROM api_keys
WHERE NOT EXISTS (SELECT 1 FROM unnest(areas) AS one (area) WHERE NOT (one.area COLLATE "C") ^@ ANY(:scopes::text[]))
  AND (:before::uuid IS NULL OR key_id < :before::uuid)
ORDER BY key_id DESC LIMIT :most;

-- name: lock_api_key(key_id, scopes)^
-- One key inside a caller's areas, locked.
SELECT key_id, name, areas, posts_per_minute, made_by, made_at, revoked_by, revoked_at, clock_timestamp() AS at
FROM api_keys
WHERE key_id = :key_id
  AND NOT EXISTS (SELECT 1 FROM unnest(areas) AS one (area) WHERE NOT (one.area COLLATE "C") ^@ ANY(:scopes::text[]))
FOR UPDATE;

-- name: revoke_api_key(key_id, revoked_by, revoked_at)!
-- A key is of no use any more.
UPDATE api_keys SET revoked_by = :revoked_by, revoked_at = :revoked_at WHERE key_id = :key_id;

-- name: open311_services()
-- What may be reported, with whether more is asked.
SELECT m.code, m.name, m.theme, m.mechanism, m.filing_standard, m.closing_standard,
    COALESCE(jsonb_array_length(q.questions), 0) > 0 AS asks
FROM matters m LEFT JOIN open311_questions q ON q.category = m.code
WHERE m.is_newest AND m.is_active ORDER BY m.code;

-- name: open311_service(code)^
-- One matter that may be reported, with what is asked.
SELECT m.code, m.name, m.theme, m.mechanism, m.closing_standard, COALESCE(q.questions, '[]') AS questions
FROM matters m LEFT JOIN open311_questions q ON q.category = m.code
WHERE m.code = :code AND m.is_newest AND m.is_active;

-- name: open311_changed_at()$
-- When services or their definitions changed last.
SELECT GREATEST((SELECT max(changed_at) FROM matters), (SELECT max(changed_at) FROM open311_questions));

-- name: questions_of(category)$
-- What is asked of whoever reports a matter.
SELECT questions FROM open311_questions WHERE category = :category;

-- name: set_questions(category, questions, changed_by)!
-- Asks something else of whoever reports a matter.
INSERT INTO open311_questions (category, questions, changed_by, changed_at)
VALUES (:category, :questions::jsonb, :changed_by, clock_timestamp())
ON CONFLICT ON CONSTRAINT open311_questions_pkey DO UPDATE SET
    questions = excluded.questions, changed_by = excluded.changed_by, changed_at = excluded.changed_at;

-- name: seed_questions(category, questions)!
-- The delivered questions of a matter, unless the deployment has its own.
INSERT INTO open311_questions (category, questions) VALUES (:category, :questions::jsonb)
ON CONFLICT ON CONSTRAINT open311_questions_pkey DO NOTHING;

-- name: insert_open311_request(case_id, key_id, filed_at, media_url, answers)!
-- Notes by whom a report came in.
INSERT INTO open311_requests (case_id, key_id, filed_at, media_url, answers)
VALUES (:case_id, :key_id, :filed_at, :media_url, :answers::jsonb);

-- name: count_use(who)$
-- Counts a report in this minute; answers how many there were.
INSERT INTO open311_uses (who, minute, count) VALUES (:who, date_trunc('minute', clock_timestamp()), 1)
ON CONFLICT ON CONSTRAINT open311_uses_pkey DO UPDATE SET count = open311_uses.count + 1
RETURNING count;

-- name: prune_uses(most)!
-- Forgets who posted how often.
DELETE FROM open311_uses WHERE (who, minute) IN (
    SELECT who, minute FROM open311_uses WHERE minute < clock_timestamp() - interval '1 hour'
    ORDER BY minute LIMIT :most FOR UPDATE SKIP LOCKED);

-- name: open311_published(themes)
-- The matters whose themes are published.
SELECT code FROM matters WHERE is_newest AND theme = ANY(:themes::text[]) ORDER BY code;

-- name: open311_found(area, key_id, anonymous_id, published, categories, states, since, until, updated_after, updated_before, most, skipped)
-- Ids of the requests this caller may see, newest first: what the jurisdiction publishes (of the `published`
-- categories), what came in without a key, and their own.
WITH seen AS (
    (SELECT c.case_id, c.reported_at FROM cases c
     WHERE c.reported_at >= :since AND c.reported_at <= :until AND NOT c.is_confidential
       AND c.category = ANY(:published::text[])
       AND c.area >= :area::text AND c.area < :area::text || ':'
       AND (:states::text[] IS NULL OR c.state = ANY(:states::text[]))
       AND ((:updated_after::timestamptz IS NULL AND :updated_before::timestamptz IS NULL)
            OR COALESCE(c.closed_at, (SELECT t.at FROM timeline t
                                      WHERE t.case_id = c.case_id AND t.position = c.timeline_length))
               BETWEEN COALESCE(:updated_after::timestamptz, '-infinity')
                   AND COALESCE(:updated_before::timestamptz, 'infinity'))
     ORDER BY c.reported_at DESC, c.case_id DESC LIMIT :most + :skipped)
    UNION
    (SELECT c.case_id, c.reported_at
     FROM open311_requests o JOIN cases c USING (case_id)
     WHERE o.key_id = :anonymous_id::uuid AND o.filed_at >= :since AND o.filed_at <= :until AND NOT c.is_confidential
       AND c.area >= :area::text AND c.area < :area::text || ':'
       AND (:categories::text[] IS NULL OR c.category = ANY(:categories::text[]))
       AND (:states::text[] IS NULL OR c.state = ANY(:states::text[]))
       AND ((:updated_after::timestamptz IS NULL AND :updated_before::timestamptz IS NULL)
            OR COALESCE(c.closed_at, (SELECT t.at FROM timeline t
                                      WHERE t.case_id = c.case_id AND t.position = c.timeline_length))
               BETWEEN COALESCE(:updated_after::timestamptz, '-infinity')
                   AND COALESCE(:updated_before::timestamptz, 'infinity'))
     ORDER BY o.filed_at DESC, o.case_id DESC LIMIT :most + :skipped)
    UNION
    (SELECT c.case_id, c.reported_at
     FROM open311_requests o JOIN cases c USING (case_id)
     WHERE o.key_id = :key_id::uuid AND o.filed_at >= :since AND o.filed_at <= :until
       AND c.area >= :area::text AND c.area < :area::text || ':'
       AND (:categories::text[] IS NULL OR c.category = ANY(:categories::text[]))
       AND (:states::text[] IS NULL OR c.state = ANY(:states::text[]))
       AND ((:updated_after::timestamptz IS NULL AND :updated_before::timestamptz IS NULL)
            OR COALESCE(c.closed_at, (SELECT t.at FROM timeline t
                                      WHERE t.case_id = c.case_id AND t.position = c.timeline_length))
               BETWEEN COALESCE(:updated_after::timestamptz, '-infinity')
                   AND COALESCE(:updated_before::timestamptz, 'infinity'))
     ORDER BY o.filed_at DESC, o.case_id DESC LIMIT :most + :skipped)
)
SELECT case_id FROM seen ORDER BY reported_at DESC, case_id DESC LIMIT :most OFFSET :skipped;

-- name: open311_named(area, key_id, anonymous_id, themes, numbers)
-- The same for requests named by their numbers.
SELECT c.case_id
FROM cases c
JOIN matters m ON m.code = c.category AND m.is_newest
LEFT JOIN open311_requests o ON o.case_id = c.case_id
WHERE c.number = ANY(:numbers::text[]) AND c.area ^@ :area::text
  AND (o.key_id = :key_id::uuid
       OR (NOT c.is_confidential AND (m.theme = ANY(:themes::text[]) OR o.key_id = :anonymous_id::uuid)))
ORDER BY c.reported_at DESC, c.case_id DESC;

-- name: open311_by_token(area, key_id, anonymous_id, themes, case_id)$
-- The number of a request by the id of its case.
SELECT c.number
FROM cases c
JOIN matters m ON m.code = c.category AND m.is_newest
LEFT JOIN open311_requests o ON o.case_id = c.case_id
WHERE c.case_id = :case_id AND c.area ^@ :area::text
  AND (o.key_id = :key_id::uuid
       OR (NOT c.is_confidential AND (m.theme = ANY(:themes::text[]) OR o.key_id = :anonymous_id::uuid)));

-- name: open311_details(case_ids, key_id)
-- Requests as they may be shown, in the order of their ids, by the version of the catalogue they were filed under.
SELECT c.case_id, c.number, c.state, c.hold, c.category, c.area, c.words, c.address, c.longitude, c.latitude,
    c.is_confidential, c.reported_at, c.closed_at, c.due_at, m.name AS category_name, m.closing_standard, m.mechanism,
    g.name AS grid_name, g.community_name, n.area_name AS subdistrict_name,
    COALESCE(o.key_id = :key_id::uuid, false) AS is_own, o.media_url,
    (SELECT t.at FROM timeline t WHERE t.case_id = c.case_id AND t.position = c.timeline_length) AS updated_at,
    (SELECT string_agg(d.name, '、' ORDER BY d.department_id) FROM departments d
     WHERE d.department_id = ANY(c.departments)) AS department_names,
    (SELECT a.attachment_id FROM attachments a
     WHERE a.case_id = c.case_id AND a.kind = 'photo' AND a.removed_at IS NULL
     ORDER BY a.attached_at, a.attachment_id LIMIT 1) AS photo_id
FROM unnest(:case_ids::uuid[]) WITH ORDINALITY AS wanted (case_id, place)
JOIN cases c USING (case_id)
JOIN LATERAL (
    SELECT filed.name, filed.closing_standard, filed.mechanism FROM matters filed
    WHERE filed.code = c.category AND (filed.version = c.category_version OR filed.is_newest)
    ORDER BY filed.version = c.category_version DESC NULLS LAST LIMIT 1
) m ON true
LEFT JOIN open311_requests o ON o.case_id = c.case_id
LEFT JOIN LATERAL (
    SELECT * FROM grids WHERE grids.code = c.area ORDER BY grids.net_version DESC LIMIT 1
) g ON true
LEFT JOIN nets n ON n.area = g.subdistrict AND n.net_version = g.net_version
ORDER BY wanted.place;
