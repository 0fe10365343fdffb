"""Every write to segments, exports and bulk actions, each in one transaction."""
