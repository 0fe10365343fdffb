"""The process that serves pages: its URLs, middleware, TLS, readiness, and the ASGI application."""
