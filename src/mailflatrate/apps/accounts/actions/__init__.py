"""Every write to accounts, each in one transaction."""
