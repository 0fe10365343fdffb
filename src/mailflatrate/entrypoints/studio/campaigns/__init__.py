"""Campaigns: compose, check, test, schedule, monitor, report."""
