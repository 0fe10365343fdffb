"""All writes to cases; only `answers` serves the customer."""
