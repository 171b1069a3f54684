-- name: insert_supervision_proposals(proposals, ranking_id, area, month, kind, at)
-- Proposals of a frozen table; none where somebody has decided about the organisation for that month.
INSERT INTO supervision_proposals (
    proposal_id, ranking_id, area, month, kind, organisation_id, grounds, proposed_at)
SELECT p.proposal_id, :ranking_id::uuid, :area, :month, :kind, p.organisation_id,
       ARRAY(SELECT jsonb_array_elements_text(p.grounds)), :at::timestamptz
FROM jsonb_to_recordset(:proposals::jsonb) AS p (proposal_id uuid, organisation_id text, grounds jsonb)
WHERE NOT EXISTS (
    SELECT FROM supervision_proposals s
    WHERE s.area = :area AND s.month = :month AND s.kind = :kind AND s.organisation_id = p.organisation_id
      AND s.state IN ('opened', 'dismissed'))
ON CONFLICT ON CONSTRAINT supervision_proposals_once_key DO NOTHING
RETURNING proposal_id, organisation_id;

-- name: supersede_supervision_proposals(ranking_id)!
-- Proposals nobody decided, of a table that was corrected.
UPDATE supervision_proposals SET state = 'superseded', version = version + 1
WHERE ranking_id = :ranking_id AND state = 'proposed';

-- name: list_supervision_proposals(scopes, state, before, most)
-- Proposals of areas, newest first.
SELECT p.* FROM supervision_proposals p
WHERE p.area ^@ ANY(:scopes) AND (:state::text IS NULL OR p.state = :state::text)
  AND (:before::uuid IS NULL OR p.proposal_id < :before::uuid)
ORDER BY p.proposal_id DESC LIMIT :most;

-- name: lock_supervision_proposal(proposal_id, scopes)^
-- Locks a proposal, with the moment after the lock.
SELECT p.*, clock_timestamp() AS at FROM supervision_proposals p
WHERE p.proposal_id = :proposal_id AND p.area ^@ ANY(:scopes) FOR UPDATE;

-- name: get_supervision_proposal(proposal_id)^
-- A proposal.
SELECT * FROM supervision_proposals WHERE proposal_id = :proposal_id;

-- name: decide_supervision_proposal(proposal_id, state, by_person, at, words)!
-- What a person made of a proposal.
UPDATE supervision_proposals SET state = :state, decided_by = :by_person, decided_at = :at, decided_words = :words,
    version = version + 1
WHERE proposal_id = :proposal_id;

-- name: insert_joint_supervision(supervision_id, proposal_id, ranking_id, area, organisation_id, words, rectify_on, opened_by, opened_at)!
-- Joint supervision begins.
INSERT INTO joint_supervisions (supervision_id, proposal_id, ranking_id, area, organisation_id, words, rectify_on,
    state, opened_by, opened_at, version)
VALUES (:supervision_id, :proposal_id, :ranking_id, :area, :organisation_id, :words, :rectify_on, 'open',
    :opened_by, :opened_at, 1);

-- name: lock_joint_supervision(supervision_id, scopes, department)^
-- Locks a joint supervision of an area or of one's own department, with the moment after the lock.
SELECT s.*, clock_timestamp() AS at FROM joint_supervisions s
WHERE s.supervision_id = :supervision_id AND (s.area ^@ ANY(:scopes) OR s.organisation_id = :department)
FOR UPDATE;

-- name: save_joint_supervision(supervision_id, rectify_on, state, is_rectified, closing_words, closed_by, closed_at, version)!
-- What a step may change; the caller holds the lock.
UPDATE joint_supervisions SET rectify_on = :rectify_on, state = :state, is_rectified = :is_rectified,
    closing_words = :closing_words, closed_by = :closed_by, closed_at = :closed_at, version = :version
WHERE supervision_id = :supervision_id;

-- name: insert_joint_progress(supervision_id, words, rectify_on, by_person, by_department, at)!
-- The next line of progress.
INSERT INTO joint_supervision_progress (supervision_id, position, words, rectify_on, by_person, by_department, at)
SELECT :supervision_id::uuid, COALESCE(max(position), 0) + 1, :words, :rectify_on::date, :by_person::uuid,
       :by_department, :at::timestamptz
FROM joint_supervision_progress WHERE supervision_id = :supervision_id;

-- name: get_joint_supervision(supervision_id, scopes, department)^
-- A joint supervision with its progress.
SELECT s.*, p.grounds, p.month, p.kind, (
    SELECT COALESCE(jsonb_agg(jsonb_build_object(
        'position', g.position, 'words', g.words, 'rectify_on', g.rectify_on, 'by_person', g.by_person,
        'by_department', g.by_department, 'at', g.at) ORDER BY g.position), '[]')
    FROM joint_supervision_progress g WHERE g.supervision_id = s.supervision_id) AS progress
FROM joint_supervisions s JOIN supervision_proposals p USING (proposal_id)
WHERE s.supervision_id = :supervision_id AND (s.area ^@ ANY(:scopes) OR s.organisation_id = :department);

-- name: list_joint_supervisions(scopes, department, state, before, most)
-- Joint supervisions the caller may see, newest first.
SELECT s.*, p.grounds, p.month, p.kind FROM joint_supervisions s JOIN supervision_proposals p USING (proposal_id)
WHERE (s.area ^@ ANY(:scopes) OR s.organisation_id = :department)
  AND (:state::text IS NULL OR s.state = :state::text)
  AND (:before::uuid IS NULL OR s.supervision_id < :before::uuid)
ORDER BY s.supervision_id DESC LIMIT :most;

-- name: insert_referral(referral_id, proposal_id, area, organisation_id, passed_to, words, passed_by, passed_at)!
-- A long-run low rank is passed on.
INSERT INTO referrals (referral_id, proposal_id, area, organisation_id, passed_to, words, passed_by, passed_at, version)
VALUES (:referral_id, :proposal_id, :area, :organisation_id, :passed_to, :words, :passed_by, :passed_at, 1);

-- name: lock_referral(referral_id, scopes)^
-- Locks a referral, with the moment after the lock.
SELECT r.*, clock_timestamp() AS at FROM referrals r
WHERE r.referral_id = :referral_id AND r.area ^@ ANY(:scopes) FOR UPDATE;

-- name: record_interview(referral_id, held_on, words)!
-- An interview 约谈 was held.
UPDATE referrals SET interviewed_on = :held_on, interview_words = :words, version = version + 1
WHERE referral_id = :referral_id;

-- name: record_notice(referral_id, held_on, words)!
-- A notice 通报 was given.
UPDATE referrals SET noticed_on = :held_on, notice_words = :words, version = version + 1
WHERE referral_id = :referral_id;

-- name: get_referral(referral_id, scopes)^
-- A referral.
SELECT r.* FROM referrals r WHERE r.referral_id = :referral_id AND r.area ^@ ANY(:scopes);

-- name: list_referrals(scopes, before, most)
-- Referrals of areas, newest first.
SELECT r.* FROM referrals r
WHERE r.area ^@ ANY(:scopes) AND (:before::uuid IS NULL OR r.referral_id < :before::uuid)
ORDER BY r.referral_id DESC LIMIT :most;
