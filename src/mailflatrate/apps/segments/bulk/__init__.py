"""Bulk actions on contacts: a selection, fixed at the beginning, and a job that works through it by steps."""
