"""Django's registration of the audit log, the one table of `base`."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "mailflatrate.base.audit"
    label = "audit"
