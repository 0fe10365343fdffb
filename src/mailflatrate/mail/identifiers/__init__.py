"""What names a message and its campaign, and can be read back: mailing IDs, sealed tokens, VERP addresses."""
