"""Conditions of segments: a typed tree, read from JSON within limits and checked against the account.

`segments.builders` translates it to SQL. `segments.apps` lists the modules that contribute conditions.
"""
