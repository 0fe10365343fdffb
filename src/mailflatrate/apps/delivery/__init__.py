"""The engine: plan, render, pace, transmit, record.

Arrives: a released edition. Keeps: a row for each recipient and each attempt. Hands on: messages to the relay,
results to the lists.
"""
