"""The cast of these tests. A module that needs another set-up has its own."""

from support.cast import per_module
from support.customers import sending_customer

anna = per_module(sending_customer)
