"""Django's registration of the pages."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Templates, template tags and static files of the pages."""

    name = "mailflatrate.entrypoints.web"
    label = "web"
