"""German: texts and formats of dates."""
