"""The operator's relays, with sealed credentials, pools and limits; `send.routes` connects to them."""
