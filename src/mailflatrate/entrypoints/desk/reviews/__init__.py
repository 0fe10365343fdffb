"""What an operator decides: applications, origins, campaigns, automations, landing pages, requests to lift."""
