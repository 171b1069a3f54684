"""Rows of dispatch and the values of its domain, a module per concept."""
