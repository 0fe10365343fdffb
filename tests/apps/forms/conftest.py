"""The cast of these tests. A module that needs another set-up has its own."""

from support.cast import per_test
from support.forms import customer_with_form

lindenhof = per_test(customer_with_form)
