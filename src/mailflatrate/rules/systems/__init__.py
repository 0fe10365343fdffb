"""The email systems that customers come from: the form of their exports, and where the proof of consent is."""
