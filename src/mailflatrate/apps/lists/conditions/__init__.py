"""Conditions of segments: a typed tree, read from JSON within limits and checked against the account.

`rules.conditions` has the fields and comparisons, `tree` the classes and the JSON form, `parsing` reads JSON, `checks`
compares it with the account's fields, lists and tags, `choices` has the ids that conditions can name, `uses` the places
where segments are used. `lists.segments` translates a tree to SQL.

Later stages register conditions on their rows in modules called `segments`; those on events of a customer's own systems
are in `event_segments`.
"""
