"""Moves: several files of another system, checked together before anything is imported, then imported together.

Takes in: files and the customer's answers. Stores: the result of the dry run of `intake`, which a job runs, for the
page. Passes on: once confirmed, one import for each file, opt-outs first. `actions.moves` has the writes.
"""
