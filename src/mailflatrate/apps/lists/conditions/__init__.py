"""Conditions of segments: a typed tree, read from JSON within bounds and checked against the account.

`vocabulary` has the fields and comparisons, `tree` the classes and the JSON form, `parsing` reads JSON, `checks`
compares it with the account's fields, lists and tags, `choices` knows what can be named, `uses` where segments are
used. `lists.segments` translates a tree to SQL. Conditions on rows of later stages are registered by their modules
called `segments`. Conditions on a shop's events belong there too: a `Field`, its operators in `OPS`, and a builder.
"""
