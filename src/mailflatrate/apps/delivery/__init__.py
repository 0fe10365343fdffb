"""The engine. Takes in: released editions. Stores: recipients and attempts. Passes on: messages, results."""
