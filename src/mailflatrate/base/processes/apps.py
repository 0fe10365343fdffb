"""Django's registration of the list of worker processes."""

from django.apps import AppConfig


class ProcessesConfig(AppConfig):
    name = "mailflatrate.base.processes"
    label = "processes"
