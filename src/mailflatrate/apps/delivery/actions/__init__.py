"""Every write to deliveries outside a sender's own batches; one transaction each.

`campaigns` has what customers and rules do, `canary` and `retries` what comes due, `claim_end` what a sender hands
back, `lost_host` what happens to the claims of a host that is gone.
"""
