-- depends: 0172_orders_of_hotlines
-- What came of a confidential point is no more for everybody than the point was.

ALTER TABLE projects ADD COLUMN is_confidential boolean NOT NULL DEFAULT false;
UPDATE projects SET is_confidential = true
FROM meeting_items i WHERE i.project_id = projects.project_id AND i.is_confidential;
