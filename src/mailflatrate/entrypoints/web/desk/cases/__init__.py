"""Cases of the abuse desk, the mail they are made of, and the people they concern."""
