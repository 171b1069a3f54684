-- depends: 0101_volunteers
-- Lists at a million orders: newest first inside an area of any level, and those that are still open.

-- Orders that are not over are few, however many there ever were.
CREATE INDEX service_orders_live_idx ON service_orders (service_order_id) WHERE state IN ('ordered', 'taken', 'served');
-- By level, because (area, id) is not in the order of ids inside a district. A city walks the primary key.
CREATE INDEX service_orders_district_idx ON service_orders (left(area, 6), service_order_id);
CREATE INDEX service_orders_subdistrict_idx ON service_orders (left(area, 9), service_order_id);
CREATE INDEX service_orders_community_idx ON service_orders (left(area, 12), service_order_id);
CREATE INDEX service_orders_team_idx ON service_orders (offered_team_id, service_order_id) WHERE offered_team_id IS NOT NULL;

-- What is published and not yet settled may lie years back; what is not over yet is little.
CREATE INDEX activities_ending_idx ON activities (ends_at) WHERE state = 'published';
