"""What the registry keeps: rows turned into domain values and back, one module per concept.

Every reading and locking function takes the caller's scopes (`Actor.scopes`) and finds nothing outside them, except
where its docstring says that what it reads is public.
"""
