"""Django's database backend for pages and commands: a connection for each thread, to the host that accepts writes."""
