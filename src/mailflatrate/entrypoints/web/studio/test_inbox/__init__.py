"""The test inbox: what our own sink received."""
