"""Every write to deliveries outside a sender's own batches, each in one transaction.

`campaigns` has what customers and rules do, `canary` and `retries` what comes due, `claim_end` how a claim ends,
`lost_host` what happens to the claims of a lost host.
"""
