-- name: open_accounts(scheme_ids, kinds, owner_ids)!
-- Opens accounts that are not there yet.
INSERT INTO accounts (scheme_id, kind, owner_id)
SELECT * FROM unnest(:scheme_ids::uuid[], :kinds::text[], :owner_ids::uuid[])
ON CONFLICT ON CONSTRAINT accounts_owner_key DO NOTHING;

-- name: lock_accounts(kinds, owner_ids)
-- Locks accounts, always in the order of their ids, so that no two writers wait for each other in a ring.
SELECT a.id, a.kind, a.owner_id::text, a.balance, a.last_sequence
FROM accounts AS a
JOIN unnest(:kinds::text[], :owner_ids::uuid[]) AS wanted (kind, owner_id)
    ON a.owner_id = wanted.owner_id AND a.kind = wanted.kind
ORDER BY a.id
FOR NO KEY UPDATE OF a;

-- name: save_accounts(ids, balances, last_sequences, sequences_before)
-- Moves balances on from where they were when they were locked; answers those that were still there.
UPDATE accounts AS a
SET balance = n.balance, last_sequence = n.last_sequence
FROM unnest(:ids::bigint[], :balances::bigint[], :last_sequences::bigint[], :sequences_before::bigint[])
    AS n (id, balance, last_sequence, sequence_before)
WHERE a.id = n.id AND a.last_sequence = n.sequence_before
RETURNING a.id;

-- name: add_transfers(id, scheme_id, purpose, at, household_id, person_id, rule, rule_version, cause, reverses, redemption_id, reason, made_by)*!
-- Adds transfers.
INSERT INTO transfers (
    id, scheme_id, purpose, at, household_id, person_id, rule, rule_version, cause, reverses, redemption_id, reason, made_by
)
VALUES (
    :id, :scheme_id, :purpose, :at, :household_id, :person_id, :rule, :rule_version, :cause, :reverses, :redemption_id,
    :reason, :made_by
);

-- name: add_entries(account_ids, sequences, transfer_ids, points, balances_after)!
-- Adds the entries of transfers.
INSERT INTO entries (account_id, sequence, transfer_id, points, balance_after)
SELECT * FROM unnest(:account_ids::bigint[], :sequences::bigint[], :transfer_ids::uuid[], :points::bigint[], :balances_after::bigint[]);

-- name: statement(household_id, before, limit)
-- A household's spendable points, newest first: what moved, why, and the balance after it.
SELECT
    e.sequence, t.id::text AS transfer_id, t.at, t.purpose, e.points, e.balance_after, t.rule, t.cause,
    t.redemption_id::text, t.reverses::text, t.reason
FROM accounts AS a
JOIN entries AS e ON e.account_id = a.id
JOIN transfers AS t ON t.id = e.transfer_id
WHERE
    a.owner_id = :household_id
    AND a.kind = 'household'
    AND e.sequence < coalesce(:before::bigint, 9223372036854775807)
ORDER BY e.sequence DESC
LIMIT :limit;

-- name: trial_balance(scopes)
-- Accounts and their balances by scheme and kind; each scheme adds up to zero.
SELECT s.id::text AS scheme_id, s.area, s.name, a.kind, count(*) AS accounts, sum(a.balance)::bigint AS balance
FROM schemes AS s
JOIN accounts AS a ON a.scheme_id = s.id
WHERE s.area ^@ ANY (:scopes::text[])
GROUP BY s.id, a.kind
ORDER BY s.area, a.kind;
