"""`mailflatrate lint`: the gate's checks for any email, without the database."""
