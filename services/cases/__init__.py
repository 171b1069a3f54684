"""Matters: from the first report to the closed loop (domain.md §3)."""
