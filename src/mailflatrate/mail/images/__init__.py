"""Images: read, resized and stripped of what they tell about people."""
