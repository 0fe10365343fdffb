"""Cases of the abuse desk, the messages in them, and the people they concern."""
