"""The SMTP client: connections, pools, groups and the replies they get."""
