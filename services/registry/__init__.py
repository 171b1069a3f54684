"""Registry: areas, nets, posts, people, households, kinship, accounts and outside systems (domain.md §2)."""

# Names, phones and identity numbers: its api and worker are given the keys (shared/run.py).
KEEPS_PERSONAL_DATA = True
