"""Conditions of segments: a typed tree, read from JSON within limits and checked against the account. `lists.segments`
translates it to SQL. Later stages register conditions in modules called `segments`.
"""
