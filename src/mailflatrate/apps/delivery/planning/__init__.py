"""From a released edition to a delivery row for each recipient, and at what pace."""
