"""The cast of these tests. A module that needs another set-up has its own."""

from support.cast import per_module
from support.people import operator
from support.returned_mail import sent_campaign

case = per_module(sent_campaign)
otto = per_module(operator)
sent = per_module(sent_campaign)
