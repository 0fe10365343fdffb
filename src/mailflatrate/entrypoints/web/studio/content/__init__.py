"""Content: what mailings are made of. Templates, pictures, the account's look."""
