-- depends: 0002_http
-- Where a parked event happened: an operator sees and changes those of the own area only. Undecodable bytes have none.
ALTER TABLE parked ADD COLUMN area text COLLATE "C";
