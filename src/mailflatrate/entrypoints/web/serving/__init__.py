"""How requests reach the pages, served by Granian: `request_bodies` reads the whole body, with a deadline and a limit
for each path; only then `wsgi_bridge` runs Django in one of the `thread_pools`. A slow client costs a connection
and at most its path's limit of disk, never a thread (ADR 0019).
"""
