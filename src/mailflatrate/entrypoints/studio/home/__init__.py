"""The home page: account status and what to do next."""
