"""The list of contacts: its filter, its order, its pages, and how many contacts match.

`narrowing` has the filter, `ordering` the order of rows, `paging` reads one page, `counting` counts without keeping
anyone waiting, `columns` has the columns that a member sees.
"""
