"""The engine: plan, render, pace, transmit, record.

Arrives: a released edition. Keeps: a row for each recipient and each attempt. Hands on: letters to the relay,
outcomes to the lists.
"""
