"""The rules of a matter, pure: no I/O, no clock, no framework."""
