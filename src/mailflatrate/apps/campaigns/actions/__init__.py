"""Every write to campaigns, each in one transaction."""
