"""What the Certified Senders Alliance, Google, Yahoo and Microsoft require of a sender, with the status of each
requirement. The operator's page, the customer's page and `mailflatrate doctor` show the same table.
"""
