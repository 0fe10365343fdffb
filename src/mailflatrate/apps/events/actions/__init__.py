"""What people and programs change about webhooks."""
