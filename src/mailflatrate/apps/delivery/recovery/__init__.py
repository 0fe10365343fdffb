"""What is known, and not known, of messages after a crash, a lost host or a promoted replica."""
