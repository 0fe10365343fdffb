"""From a campaign's row to compiled content, and what is found in it."""
