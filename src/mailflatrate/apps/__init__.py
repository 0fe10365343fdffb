"""Tables and transactions: one folder per stage of the data flow. Later stages may import earlier ones only."""
