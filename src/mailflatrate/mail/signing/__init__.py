"""Keys and signatures: DKIM made and verified, RSA in batches, webhooks, the sealing of stored keys."""
