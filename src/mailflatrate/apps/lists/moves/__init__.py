"""Moves: several files of another system, checked together before anything is imported, then imported together.

Files and the customer's answers arrive; a job runs the dry run of `intake` over them and keeps its result for the page.
Once confirmed, one import for each file is handed on, opt-outs first. `actions.moves` has the writes.
"""
