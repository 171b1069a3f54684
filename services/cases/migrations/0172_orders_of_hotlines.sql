-- depends: 0171_hidden_notices
-- A hotline's order is found by its number, whoever filed it.

CREATE INDEX filings_number_idx ON filings (outside_number) WHERE outside_number IS NOT NULL;
