"""Rows of `volunteers` and the values of its domain, and who may see and change which."""
