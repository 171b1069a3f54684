-- depends: 0173_confidential_projects
-- Services nobody said the end of: few among all, and looked for by themselves.

CREATE INDEX appointments_waiting_idx ON appointments (asked_at, appointment_id) WHERE state IN ('asked', 'appointed');
