"""Bulk actions on contacts. A selection is fixed when the action begins, and a job works through it step by step.

`selection` finds the contacts, `steps` has the changes made to some of them at a time, `runner` carries an action out
with progress, cancellation and exact numbers. Later apps register the steps that need them: asking again, erasing.
"""
