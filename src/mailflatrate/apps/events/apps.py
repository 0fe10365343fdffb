"""Django's registration of the app."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """The app configuration, which registers the app under its bare name."""

    name = "mailflatrate.apps.events"
    label = "events"
