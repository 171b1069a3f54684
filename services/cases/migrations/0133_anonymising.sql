-- depends: 0132_timeline_marks
-- Reporters are forgotten some time after their matter ended.

ALTER TABLE cases ALTER COLUMN first_inquiry_by DROP NOT NULL;
CREATE INDEX cases_to_anonymise_idx ON cases (closed_at)
    WHERE closed_at IS NOT NULL AND reporter_id IS NOT NULL;
