"""Django's database backend of workers and senders: the threads of a process share a few connections (ADR 0033).

A thread has a connection while its transaction lasts and hands it on at the end, so four jobs at once need two. Django
loads `base.py` by the name of this package (`ENGINE`).
"""
