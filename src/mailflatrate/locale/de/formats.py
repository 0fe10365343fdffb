"""Dates with times in German: 26. November 2026, 14:05. What is not named here is Django's own."""

DATETIME_FORMAT = "j. F Y, H:i"
SHORT_DATETIME_FORMAT = "d.m.Y, H:i"
