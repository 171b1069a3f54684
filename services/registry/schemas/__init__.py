"""Shapes of the registry's requests and answers, one module per concept."""
