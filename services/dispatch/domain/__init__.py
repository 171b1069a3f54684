"""The rules of orders and clocks, pure: no I/O, no clock, no framework."""
