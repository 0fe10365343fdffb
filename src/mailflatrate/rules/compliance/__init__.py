"""What the Certified Senders Alliance, Google, Yahoo and Microsoft require of a sender, and the status of each point.

`table` holds the criteria, each with its rule, its source of figures and its words; `judge` adds the figures.
The operator's page, the customer's page and `mailflatrate doctor` show the same table. Pure.
"""
