-- name: matter_names()
-- What the matters of the catalogue are called.
SELECT code, name FROM matters WHERE is_newest;

-- name: grid_names()
-- What grids are called, by the newest net each is part of.
SELECT DISTINCT ON (g.code) g.code, g.name, g.community_name, n.area_name AS subdistrict_name
FROM grids g JOIN nets n ON n.area = g.subdistrict AND n.net_version = g.net_version
ORDER BY g.code, g.net_version DESC;

-- name: department_names()
-- What departments are called.
SELECT department_id, name FROM departments;
