"""The command `mailflatrate`."""
