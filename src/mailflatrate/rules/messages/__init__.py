"""What a message is to the rules: its parts, kind, data and chain of checks before it is handed to SMTP."""
