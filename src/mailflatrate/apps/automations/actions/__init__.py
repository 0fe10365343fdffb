"""What people and programs change in automations."""
