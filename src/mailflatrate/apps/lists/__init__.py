"""Lists, contacts and subscriptions. Takes in: consents. Stores: who is on which list. Passes on: whom to mail."""
