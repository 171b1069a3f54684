"""The whistle: orders, tasks, clocks, supervision, ratings (domain.md §4)."""
