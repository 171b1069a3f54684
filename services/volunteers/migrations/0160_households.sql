-- depends: 0150_lists
-- Whose household a place or an order belongs to, as the token said then: nobody credits time to the own household.
-- Unknown for what was there before and for what staff asked for; points looks once more before it credits.

ALTER TABLE participations ADD COLUMN household_id uuid;
ALTER TABLE service_orders ADD COLUMN household_id uuid;
