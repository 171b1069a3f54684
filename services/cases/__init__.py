"""Matters: from the first report to the closed loop (domain.md §3)."""

# Who called and how to reach them: its api and worker are given the keys (shared/run.py).
KEEPS_PERSONAL_DATA = True
