"""What is known of a person and may be: consent and withdrawals, suppression, tags, languages, times, personal data."""
