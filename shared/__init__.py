"""The library every Yiwang service stands on. It knows no domain rule and imports no service."""
