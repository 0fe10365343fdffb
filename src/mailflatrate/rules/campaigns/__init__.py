"""What a campaign may do: its states, A/B tests, coupons and linked pages."""
