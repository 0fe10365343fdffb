"""Tables and transactions, one folder per stop on the path of the data. Later stops know earlier ones only."""
