"""Django's database backend for workers and senders: the threads of a process share a few connections (ADR 0033).

A thread has a connection only during its transaction and then passes it on, so four jobs at once may need only two.
Django loads `base.py` by the name of this package (`ENGINE`).
"""
