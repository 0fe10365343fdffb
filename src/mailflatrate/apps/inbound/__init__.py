"""Mail returned to us, stored first and read later; the test inbox. Hands on bounces, complaints, unsubscribes."""
