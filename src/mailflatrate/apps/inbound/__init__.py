"""What comes back: raw mail is stored first, understood after. Also the postbox, the pretended world outside.

Arrives: a message from outside. Keeps: it, whole. Hands on: bounces, complaints and unsubscribes to the lists.
"""
