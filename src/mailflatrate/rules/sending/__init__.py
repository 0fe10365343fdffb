"""How fast and through which relay: pace, shaping, retries, warm-up, providers."""
