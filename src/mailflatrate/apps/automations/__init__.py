"""Automations: what starts from consent continues, step by step. Arrives: an entry, such as a confirmed sign-up.
Keeps: automations, versions, steps, who is under way and where. Hands on: deliveries of a step's message.
"""
