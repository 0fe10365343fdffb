"""The cast of these tests. A module that needs another set-up has its own."""

from support.cast import per_module, per_test
from support.customers import Customer
from support.people import operator

anna = per_test(Customer.registered, "Lindenhof")
otto = per_module(operator)
