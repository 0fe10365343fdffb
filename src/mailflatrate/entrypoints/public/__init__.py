"""Pages for recipients: unsubscribe, preferences, clicks. They work without JavaScript and change nothing on GET."""
