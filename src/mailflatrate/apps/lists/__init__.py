"""Lists, contacts, the consent ledger. Takes in: rows with proof. Stores: consents. Passes on: whom to mail."""
