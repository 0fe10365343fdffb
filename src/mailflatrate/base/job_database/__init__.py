"""Django's database backend for workers and senders, loaded by this package's name (`ENGINE`): the threads of a
process share a few connections (ADR 0033), each only during its transaction.
"""
