"""Every write of this app; one transaction each."""
