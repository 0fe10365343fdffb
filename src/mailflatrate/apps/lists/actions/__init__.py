"""Every write to lists, each in one transaction (or savepoint)."""
