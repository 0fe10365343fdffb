"""The first set-up: an installation without an operator gets one, through the link that its start prints."""
