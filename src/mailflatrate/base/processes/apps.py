"""Django's registration of the list of worker processes."""

from django.apps import AppConfig


class ProcessesConfig(AppConfig):
    """The app configuration, which registers the list under its bare name."""

    name = "mailflatrate.base.processes"
    label = "processes"
