"""The product's modules as trees: each is parsed once for all tests that look at them."""

import ast
from functools import cache


@cache
def parsed(source: str) -> ast.Module:
    """Return the tree of a module. No one may change it."""
    return ast.parse(source)
