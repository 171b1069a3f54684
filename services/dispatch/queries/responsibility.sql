-- name: list_in_force(area, today)^
-- The list in force for an area: its own or its city's, else the one delivered.
SELECT list_id, area, number, state, effective_on, last_resort, version
FROM responsibility_lists
WHERE state = 'published' AND effective_on <= :today AND :area::text ^@ area
ORDER BY length(area) DESC, effective_on DESC, number DESC LIMIT 1;

-- name: get_list(list_id, scopes)^
-- A list: published ones for everybody, a draft for the admins of its area.
SELECT l.*, (SELECT count(*) FROM responsibility_items i WHERE i.list_id = l.list_id) AS items
FROM responsibility_lists l
WHERE l.list_id = :list_id AND (l.state = 'published' OR (l.area <> '' AND l.area ^@ ANY(:scopes::text[])));

-- name: lock_draft(list_id, scopes)^
-- Locks a list the admins of these areas may change.
SELECT list_id, area, number, state, effective_on, last_resort, version
FROM responsibility_lists
WHERE list_id = :list_id AND area <> '' AND area ^@ ANY(:scopes::text[]) FOR UPDATE;

-- name: draft_of(area)^
-- Locks the draft of an area.
SELECT list_id, area, number, state, effective_on, last_resort, version
FROM responsibility_lists WHERE area = :area AND state = 'draft' FOR UPDATE;

-- name: list_lists(area, scopes, before_area, before_number, most)
-- The versions of lists that serve an area, or all; newest first.
SELECT l.*, (SELECT count(*) FROM responsibility_items i WHERE i.list_id = l.list_id) AS items
FROM responsibility_lists l
WHERE (:area::text IS NULL OR :area::text ^@ l.area)
  AND (l.state = 'published' OR (l.area <> '' AND l.area ^@ ANY(:scopes::text[])))
  AND (:before_area::text IS NULL OR (l.area, l.number) < (:before_area::text, :before_number::integer))
ORDER BY l.area DESC, l.number DESC LIMIT :most;

-- name: insert_draft(list_id, area, last_resort, made_by)
-- The next version of an area's list, as a draft.
INSERT INTO responsibility_lists (list_id, area, number, state, last_resort, made_by)
SELECT :list_id, :area::text, COALESCE(max(number), 0) + 1, 'draft', :last_resort, :made_by
FROM responsibility_lists WHERE area = :area::text
RETURNING list_id;

-- name: copy_items(from_list_id, to_list_id)!
-- The items of one list into another.
INSERT INTO responsibility_items (list_id, code, name, theme, main, supporting, subdistrict_duty, law, procedure,
    categories)
SELECT :to_list_id, code, name, theme, main, supporting, subdistrict_duty, law, procedure, categories
FROM responsibility_items WHERE list_id = :from_list_id;

-- name: save_list(list_id, state, effective_on, last_resort, version, published_by)!
-- Writes what may change of a list; the caller holds the lock.
UPDATE responsibility_lists SET
    state = :state, effective_on = :effective_on, last_resort = :last_resort, version = :version,
    published_by = COALESCE(:published_by::uuid, published_by),
    published_at = CASE WHEN :published_by::uuid IS NULL THEN published_at ELSE clock_timestamp() END
WHERE list_id = :list_id;

-- name: drop_draft(list_id)!
-- Gives a draft up, with its items.
DELETE FROM responsibility_lists WHERE list_id = :list_id AND state = 'draft';

-- name: latest_effective(area)$
-- From when the newest published version of an area is in force.
SELECT max(effective_on) FROM responsibility_lists WHERE area = :area AND state = 'published';

-- name: items_of(list_id)
-- All items of a list, by code.
SELECT code, name, theme, main, supporting, subdistrict_duty, law, procedure, categories
FROM responsibility_items WHERE list_id = :list_id ORDER BY code;

-- name: count_items(list_id)$
-- How many items a list has.
SELECT count(*) FROM responsibility_items WHERE list_id = :list_id;

-- name: list_items(list_id, main, theme, text, after, most)
-- Items of a list by code; `text` is looked for in name, law and procedure.
SELECT code, name, theme, main, supporting, subdistrict_duty, law, procedure, categories
FROM responsibility_items
WHERE list_id = :list_id AND (:main::text IS NULL OR main = :main::text)
  AND (:theme::text IS NULL OR theme = :theme::text)
  AND (:text::text IS NULL OR strpos(name || law || procedure, :text::text) > 0)
  AND (:after::text IS NULL OR code > :after::text)
ORDER BY code LIMIT :most;

-- name: put_items(list_id, items)!
-- Writes items from a JSON list.
INSERT INTO responsibility_items (list_id, code, name, theme, main, supporting, subdistrict_duty, law, procedure,
    categories)
SELECT :list_id, code, name, theme, main, supporting, subdistrict_duty, law, procedure, categories
FROM jsonb_to_recordset(:items::jsonb) AS i (
    code text, name text, theme text, main text, supporting text[], subdistrict_duty text, law text,
    procedure text, categories text[])
ON CONFLICT ON CONSTRAINT responsibility_items_pkey DO UPDATE SET
    name = excluded.name, theme = excluded.theme, main = excluded.main, supporting = excluded.supporting,
    subdistrict_duty = excluded.subdistrict_duty, law = excluded.law, procedure = excluded.procedure,
    categories = excluded.categories;

-- name: drop_item(list_id, code)!
-- Takes an item out of a list.
DELETE FROM responsibility_items WHERE list_id = :list_id AND code = :code;

-- name: clear_items(list_id)!
-- Takes all items out of a list.
DELETE FROM responsibility_items WHERE list_id = :list_id;

-- name: departments_serving(area)
-- The departments that may be called for an area.
SELECT department_id, area, kind, name FROM departments
WHERE is_active AND :area::text ^@ area ORDER BY department_id;

-- name: departments_called(department_ids)
-- The kinds of departments.
SELECT department_id, kind FROM departments WHERE department_id = ANY(:department_ids);

-- name: insert_amendment(amendment_id, area, category, reason, order_id, task_id, item_code, from_department_id, to_department_id, to_unit, proposed_at)!
-- A ruling becomes a proposal for the list's next version.
INSERT INTO responsibility_amendments (amendment_id, area, category, reason, order_id, task_id, item_code,
    from_department_id, to_department_id, to_unit, proposed_at)
VALUES (:amendment_id, :area, :category, :reason, :order_id, :task_id, :item_code, :from_department_id,
    :to_department_id, :to_unit, :proposed_at);

-- name: list_amendments(scopes, state, before, most)
-- Proposals of these areas, newest first.
SELECT a.* FROM responsibility_amendments a
WHERE a.area ^@ ANY(:scopes::text[]) AND (:state::text IS NULL OR a.state = :state::text)
  AND (:before::uuid IS NULL OR a.amendment_id < :before::uuid)
ORDER BY a.amendment_id DESC LIMIT :most;

-- name: lock_amendment(amendment_id, scopes)^
-- Locks a proposal of these areas.
SELECT * FROM responsibility_amendments
WHERE amendment_id = :amendment_id AND area ^@ ANY(:scopes::text[]) FOR UPDATE;

-- name: decide_amendment(amendment_id, state, decided_by, words, list_id)
-- A proposal is accepted or rejected.
UPDATE responsibility_amendments SET
    state = :state, decided_by = :decided_by, decided_at = clock_timestamp(), decided_words = :words,
    list_id = :list_id, version = version + 1
WHERE amendment_id = :amendment_id RETURNING *;

-- name: delivered_lists()
-- The versions of the list as delivered, newest first; whoever seeds at the same time waits.
SELECT list_id, number FROM responsibility_lists WHERE area = '' ORDER BY number DESC FOR UPDATE;

-- name: seed_list(list_id, number, effective_on, last_resort)!
-- A version of the list as delivered.
INSERT INTO responsibility_lists (list_id, area, number, state, effective_on, last_resort, published_at)
VALUES (:list_id, '', :number, 'published', :effective_on, :last_resort, clock_timestamp());
