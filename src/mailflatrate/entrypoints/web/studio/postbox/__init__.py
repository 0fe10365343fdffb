"""The postbox: what our own sink received."""
