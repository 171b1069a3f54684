"""The pure rules of points; one file per concept."""
