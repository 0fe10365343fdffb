"""Deliveries of finished campaigns, stored by month, apart from those that the engine works on (ADR 0026)."""
