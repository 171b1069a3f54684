-- depends: 0102_ledger
-- Wrong pick-up codes by whoever typed them. A code has six digits: without a limit a counter could try them all.

CREATE TABLE code_tries (
    shop_id uuid NOT NULL,
    person_id uuid NOT NULL,
    wrong integer NOT NULL,
    -- When the first of them was typed.
    since timestamptz NOT NULL,
    CONSTRAINT code_tries_pkey PRIMARY KEY (shop_id, person_id),
    CONSTRAINT code_tries_shop_fkey FOREIGN KEY (shop_id) REFERENCES shops (id),
    CONSTRAINT code_tries_wrong_check CHECK (wrong >= 0)
);
