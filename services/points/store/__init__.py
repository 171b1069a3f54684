"""Rows to domain values and back; one file per concept."""
