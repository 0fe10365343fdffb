"""Proof and people's rights: certificates, what is stored about a person, erasure, retention.

Takes in: requests by a person, a customer or a court, and the passing of time. Stores: the requests. Passes on: the
proof, the copy, and the erased rows. This app knows every other app, and none of them knows it.
"""
