"""The report of a campaign, and the same figures as CSV, PDF and links."""
