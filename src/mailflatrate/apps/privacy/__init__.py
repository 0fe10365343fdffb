"""Proof and the rights of the person: certificates, what is stored about somebody, erasure, retention.

Arrives: a person's request, a customer's, a court's, and the passing of time. Keeps: the requests. Hands on: the proof,
the copy, and the empty places. The one app that knows every other one; none knows it.
"""
