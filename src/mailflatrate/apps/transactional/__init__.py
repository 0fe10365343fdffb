"""Transactional email: what a contract with one person calls for, such as an invoice (R-112, ADR 0058); the fourth
basis of a delivery. An operator switches it on for an account (`actions.switch`) and reviews every version of a
template (`actions.reviews`). Hands a message to the gate and to delivery.
"""
