"""The operator's pages. Every view is marked with `@desk` (access.py) and every action leaves an audit entry."""
