-- name: matters(after, most, theme, mechanism, scope_class, level, sla_class, urgency, department_kind, words, is_active)
-- The newest version of each matter, by code.
SELECT code, version, name, theme, mechanism, scope_class, COALESCE(level, 'grid') AS level, sla_class, urgency,
       main_department_kind, supporting_department_kinds, COALESCE(required_documents, '{}') AS required_documents,
       filing_standard, closing_standard, is_active, is_newest, changed_by, changed_at
FROM matters
WHERE is_newest
  AND (:is_active::boolean IS NULL OR is_active = :is_active::boolean)
  AND (:after::text IS NULL OR code > :after::text)
  AND (:theme::text IS NULL OR theme = :theme::text)
  AND (:mechanism::text IS NULL OR mechanism = :mechanism::text)
  AND (:scope_class::text IS NULL OR scope_class = :scope_class::text)
  AND (:level::text IS NULL OR COALESCE(level, 'grid') = :level::text)
  AND (:sla_class::text IS NULL OR sla_class = :sla_class::text)
  AND (:urgency::text IS NULL OR urgency = :urgency::text)
  AND (:department_kind::text IS NULL OR main_department_kind = :department_kind::text
       OR :department_kind::text = ANY(supporting_department_kinds))
  AND (:words::text IS NULL OR strpos(lower(code || ' ' || name || ' ' || filing_standard), lower(:words::text)) > 0)
ORDER BY code LIMIT :most;

-- name: newest_matter(code)^
-- A matter as it is now.
SELECT code, version, name, theme, mechanism, scope_class, COALESCE(level, 'grid') AS level, sla_class, urgency,
       main_department_kind, supporting_department_kinds, COALESCE(required_documents, '{}') AS required_documents,
       filing_standard, closing_standard, is_active, is_newest, changed_by, changed_at
FROM matters WHERE code = :code AND is_newest;

-- name: lock_matters()!
-- Lets one writer at a time at the catalogue; readers and reports do not wait.
LOCK TABLE matters IN SHARE ROW EXCLUSIVE MODE;

-- name: all_newest_matters()
-- The whole catalogue as it is now, retired matters too.
SELECT code, version, name, theme, mechanism, scope_class, COALESCE(level, 'grid') AS level, sla_class, urgency,
       main_department_kind, supporting_department_kinds, COALESCE(required_documents, '{}') AS required_documents,
       filing_standard, closing_standard, is_active, is_newest, changed_by, changed_at
FROM matters WHERE is_newest ORDER BY code;

-- name: versions_of_matter(code, before, most)
-- Every version of a matter, newest first.
SELECT code, version, name, theme, mechanism, scope_class, COALESCE(level, 'grid') AS level, sla_class, urgency,
       main_department_kind, supporting_department_kinds, COALESCE(required_documents, '{}') AS required_documents,
       filing_standard, closing_standard, is_active, is_newest, changed_by, changed_at
FROM matters WHERE code = :code AND (:before::integer IS NULL OR version < :before::integer)
ORDER BY version DESC LIMIT :most;

-- name: succeed_matters(codes)!
-- What was the newest version is so no more.
UPDATE matters SET is_newest = false WHERE code = ANY(:codes) AND is_newest;

-- name: insert_matters(matters, changed_by)!
-- New versions, from a JSON list; each is the newest of its matter.
INSERT INTO matters (code, version, name, theme, mechanism, scope_class, level, sla_class, urgency,
    main_department_kind, supporting_department_kinds, required_documents, filing_standard, closing_standard,
    is_active, is_newest, changed_by, changed_at)
SELECT m.code, m.version, m.name, m.theme, m.mechanism, m.scope_class, m.level, m.sla_class, m.urgency,
    m.main_department_kind, m.supporting_department_kinds, m.required_documents, m.filing_standard,
    m.closing_standard, m.is_active, true, :changed_by, clock_timestamp()
FROM jsonb_to_recordset(:matters::jsonb) AS m (
    code text, version integer, name text, theme text, mechanism text, scope_class text, level text, sla_class text,
    urgency text, main_department_kind text, supporting_department_kinds text[], required_documents text[],
    filing_standard text, closing_standard text, is_active boolean);

-- name: known_codes()
-- The codes a deployment has, in whatever version.
SELECT DISTINCT code FROM matters;

-- name: complete_delivered(code, level, required_documents)!
-- Fills what an earlier release did not deliver and nobody has set since.
UPDATE matters SET level = :level, required_documents = :required_documents
WHERE code = :code AND is_newest AND version = 1 AND level IS NULL AND required_documents IS NULL;

-- name: deployment_area()$
-- The district this deployment serves, as its departments say; nothing before it has any.
SELECT area FROM departments ORDER BY length(area), area LIMIT 1;
