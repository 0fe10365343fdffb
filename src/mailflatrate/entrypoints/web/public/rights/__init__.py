"""A person's rights, from any mail and without signing in: see, correct, erase, object, and whose his clicks are."""
