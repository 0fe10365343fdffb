"""The search over everything in an account; it stores nothing."""
