"""Django's registration of the audit log, the one table of `base`."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The app configuration, which registers the log under its bare name."""

    name = "mailflatrate.base.audit"
    label = "audit"
