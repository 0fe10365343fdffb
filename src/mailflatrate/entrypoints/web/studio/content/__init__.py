"""Content: what campaigns are made of. Templates, images, the account's brand."""
