"""The list of contacts: what it is narrowed to, in which order it is read, page by page, and how many match.

`narrowing` has the filter, `ordering` the order of rows, `paging` reads one page, `counting` counts without keeping
anyone waiting, `columns` knows which columns a member sees.
"""
