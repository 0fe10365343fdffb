"""The pages: public (recipients), studio (customers), desk (operator)."""
