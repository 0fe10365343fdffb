"""What is returned to us: raw mail is stored first, understood later. Also the test inbox, a simulated outside world.

Arrives: a message from outside. Keeps: it, whole. Hands on: bounces, complaints and unsubscribes to the lists.
"""
