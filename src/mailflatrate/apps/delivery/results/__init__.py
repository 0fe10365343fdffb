"""What relays said about deliveries, passed on to the lists."""
