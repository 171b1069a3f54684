"""Rows of cases and the values of its domain, a module per concept."""
