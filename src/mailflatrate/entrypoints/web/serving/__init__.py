"""How requests reach the pages: an ASGI application that first reads the whole body and then gives the request a
thread.

`application` is served by Granian. `request_bodies` reads, with a deadline and a limit for each path; `thread_pools`
are the threads, some of them reserved for the health check and for unsubscribing; `wsgi_bridge` runs Django's WSGI
handler in one of them. A slow client costs a connection and at most its path's limit of disk, never a thread (ADR
0019).
"""
