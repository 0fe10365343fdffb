"""Initial setup: an installation without an operator gets one through the link printed at startup."""
