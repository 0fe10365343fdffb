"""The cast of these tests. A module that needs another set-up has its own."""

from support.cast import per_module
from support.transactional import transactional_customer

anna = per_module(transactional_customer)
