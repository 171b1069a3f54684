"""The rules of `volunteers`: no I/O, no clock, no framework."""
