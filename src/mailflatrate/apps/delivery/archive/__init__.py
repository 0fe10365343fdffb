"""Deliveries of finished campaigns, kept by month apart from those that the engine works on (ADR 0026)."""
