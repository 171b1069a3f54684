-- depends: 0134_progress 0145_disputes
-- Lists of what is open, which is little among what is kept, and lists by a relation.

CREATE INDEX appointments_state_idx ON appointments (state, asked_at, appointment_id);
CREATE INDEX appointments_given_idx ON appointments (worker_id, asked_at, appointment_id)
    WHERE worker_id IS NOT NULL;
CREATE INDEX disputes_open_idx ON disputes (opened_at, dispute_id) WHERE state = 'open';
CREATE INDEX disputes_mediators_idx ON disputes USING gin (mediators);
CREATE INDEX disputes_departments_idx ON disputes USING gin (departments);
CREATE INDEX removals_asked_idx ON removals (asked_at, removal_id) WHERE state = 'asked';
CREATE INDEX notices_drafts_idx ON notices (written_at, notice_id) WHERE state = 'draft';
CREATE INDEX projects_open_idx ON projects (due_on, project_id) WHERE state IN ('planned', 'doing');
CREATE INDEX meetings_chair_idx ON meetings (chair_id, starts_at, meeting_id);
