"""A person's rights, from any message and without signing in: see, correct, erase, object, choose click tracking."""
