"""Errors of webhooks, worded for the customer."""

from mailflatrate.base.refusals import AlreadyExists


class WebhookError(Exception):
    """An endpoint was refused; the message says why and how to fix it."""


class WebhookExists(WebhookError, AlreadyExists):
    """The account already has an endpoint with this address."""
