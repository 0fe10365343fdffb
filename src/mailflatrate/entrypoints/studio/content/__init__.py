"""Content that campaigns are made of: templates, images, the account's brand."""
