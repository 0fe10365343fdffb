"""Proof and the rights of the person: certificates, what is stored about them, erasure, retention.

Arrives: requests by a person, a customer or a court, and the passing of time. Keeps: the requests. Hands on: the
proof, the copy, and the erased rows. The one app that knows every other one; none knows it.
"""
