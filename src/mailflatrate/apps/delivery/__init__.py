"""The engine: plan, render, pace, transmit, record.

Takes in: a released edition. Stores: a row for each recipient and each attempt. Passes on: messages to the relay,
results to the lists.
"""
