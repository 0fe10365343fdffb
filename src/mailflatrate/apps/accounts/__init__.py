"""Customers and who works for them: applications, users, roles, agreements, imprint, account status, notices."""
