-- name: lock_unsettled_net(settles_after_seconds)^
-- The net that took effect longest ago of those whose matters were not looked at; nobody else settles it meanwhile.
SELECT area, net_version FROM nets
WHERE settled_at IS NULL AND effective_at < clock_timestamp() - make_interval(secs => :settles_after_seconds)
ORDER BY effective_at, area, net_version LIMIT 1
FOR UPDATE SKIP LOCKED;

-- name: settle_net(area, net_version)!
-- Every matter of the net is where it belongs.
UPDATE nets SET settled_at = clock_timestamp() WHERE area = :area AND net_version = :net_version;

-- name: live_places(subdistrict)
-- Where the matters of a subdistrict lie that are not over, and in which grid they are; those merged or declined are
-- not over before their reporter was told.
SELECT case_id, area, longitude, latitude, reported_at FROM cases
WHERE state IN ('received', 'triaged', 'handling', 'resolved', 'checked', 'called_back')
  AND area >= :subdistrict AND area < :subdistrict || ':'
UNION
SELECT c.case_id, c.area, c.longitude, c.latitude, c.reported_at FROM hearings h JOIN cases c USING (case_id)
WHERE h.is_open AND h.area >= :subdistrict AND h.area < :subdistrict || ':'
ORDER BY area, reported_at, case_id;

-- name: lock_live_cases(case_ids)
-- Those of the matters that nobody else holds and that are not over, locked, with the moment after the lock.
SELECT c.*, clock_timestamp() AS at FROM cases c
WHERE c.case_id = ANY(:case_ids) AND (
    c.state IN ('received', 'triaged', 'handling', 'resolved', 'checked', 'called_back')
    OR EXISTS (SELECT 1 FROM hearings h WHERE h.case_id = c.case_id AND h.is_open))
ORDER BY c.case_id FOR UPDATE SKIP LOCKED;

-- name: regrid_cases(cases)!
-- Matters in their new grids, from a JSON list. Nobody did anything about them: whatever stands still goes on doing so.
UPDATE cases c SET
    area = m.area, version = m.version, timeline_length = m.timeline_length,
    timeline_hash = decode(m.timeline_hash, 'hex')
FROM jsonb_to_recordset(:cases::jsonb) AS m (
    case_id uuid, area text, version integer, timeline_length integer, timeline_hash text)
WHERE c.case_id = m.case_id;

-- name: regrid_discussions(case_ids)!
-- Discussions under way follow their matters.
UPDATE discussions d SET area = c.area FROM cases c
WHERE c.case_id = ANY(:case_ids) AND d.case_id = c.case_id AND d.state = 'open';

-- name: regrid_holds(case_ids)!
-- So do requests and holds that stand.
UPDATE holds h SET area = c.area FROM cases c
WHERE c.case_id = ANY(:case_ids) AND h.case_id = c.case_id AND h.state IN ('asked', 'active');

-- name: regrid_disputes(case_ids)!
-- So do disputes at the desk.
UPDATE disputes d SET area = c.area FROM cases c
WHERE c.case_id = ANY(:case_ids) AND d.case_id = c.case_id AND d.state = 'open';

-- name: regrid_removals(case_ids)!
-- So do requests for removal that nobody decided.
UPDATE removals r SET area = c.area FROM cases c
WHERE c.case_id = ANY(:case_ids) AND r.case_id = c.case_id AND r.state = 'asked';
