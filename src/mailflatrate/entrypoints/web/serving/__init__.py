"""How requests reach the pages: an ASGI application that reads each body to its end, then gives the request a thread.

`application` arrives from Granian. `bodies` reads, with a deadline and a limit for each path; `lanes` are the threads,
of which some are kept for the health check and for unsubscribing; `bridge` runs Django's WSGI handler in one of them.
A slow client costs a connection and at most its path's limit of disk, never a thread (ADR 0019).
"""
