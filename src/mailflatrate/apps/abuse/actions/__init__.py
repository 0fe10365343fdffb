"""All writes to cases. `intake` and `report_sources` take reports; `case_handling`, `measures` and `correspondence`
serve the desk; `answers` serves the customer.
"""
