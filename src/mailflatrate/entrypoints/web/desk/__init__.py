"""The operator's pages. Every view is marked with `@desk` (access.py) and every measure leaves an audit line."""
