"""What tests share: accounts and what is in them, the servers around us, and waiting."""
