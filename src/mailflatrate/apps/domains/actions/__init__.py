"""All writes to sender domains and mailboxes; one transaction each."""
