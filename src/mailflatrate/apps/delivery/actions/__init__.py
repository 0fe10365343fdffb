"""Every write to deliveries outside a sender's own batches, each in one transaction."""
