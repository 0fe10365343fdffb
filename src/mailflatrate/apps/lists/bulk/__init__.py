"""Bulk actions on contacts. A selection is fixed when the action begins, and done step by step by a job.

`selection` finds the contacts, `steps` has what is done to some of them at a time, `runner` carries an action out with
progress, cancel and exact numbers. Later apps register the steps that need them: asking again, erasing.
"""
