"""Points: household passbooks, rules, the ledger, shops and the exchange (domain.md §6)."""
