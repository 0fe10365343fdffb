"""What leaves: an edition and one recipient in, the bytes of a message out. `compose` is the door."""
