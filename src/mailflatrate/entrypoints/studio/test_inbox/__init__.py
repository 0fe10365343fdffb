"""The test inbox: the messages that this installation's own inbox received."""
