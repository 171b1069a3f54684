-- depends: 0112_mechanisms
-- What is owed in a whole district is read by time, not by area.

CREATE INDEX discussions_time_idx ON discussions (state, opened_at, discussion_id);
CREATE INDEX tellings_time_idx ON tellings (state, opened_at, telling_id);
