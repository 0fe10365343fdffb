"""Mail returned to us: raw mail is stored first and interpreted later. Also the test inbox, a simulated outside world.

Takes in: a message from outside. Stores: the whole message. Passes on: bounces, complaints and unsubscribes to the
lists.
"""
