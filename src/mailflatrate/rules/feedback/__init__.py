"""What comes back: bounces, clicks, measures, reports, cases."""
