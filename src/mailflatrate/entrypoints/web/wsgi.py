"""The pages as a WSGI application."""

from django.core.wsgi import get_wsgi_application

from mailflatrate.entrypoints.boot import boot

boot()
application = get_wsgi_application()
