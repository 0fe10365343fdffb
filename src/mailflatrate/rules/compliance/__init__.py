"""What the Certified Senders Alliance, Google, Yahoo and Microsoft require of a sender, and the status of each
requirement.

`table` holds the criteria, each with its rule, the source of its figures and its texts; `judge` adds the figures. The
operator's page, the customer's page and `mailflatrate doctor` show the same table. Pure.
"""
