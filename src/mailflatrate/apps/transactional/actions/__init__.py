"""What people and programs change: templates, their reviews, an account's switch, messages, misdirected addresses."""
