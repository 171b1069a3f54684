"""The registry's rules: areas and nets, posts, people, households, kinship, departments (domain.md §2)."""
