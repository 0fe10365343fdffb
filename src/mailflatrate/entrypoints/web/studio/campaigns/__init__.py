"""Campaigns: compose, check, test, schedule, watch, report."""
