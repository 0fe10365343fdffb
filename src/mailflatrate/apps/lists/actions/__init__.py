"""Every write to lists, each in one transaction (or savepoint). `origin_decisions` opens the platform's scope."""
