"""Every write to accounts; one transaction each.

`vetting` takes applications and decides on them, `agreements` has terms, policy and imprint, `people` accounts and
their members, `invitations` and `addresses` what people confirm by mail, `passwords`, `keys`, `second_factor` and
`approval` how they get in and who approves, `account_status` strikes and limits, `notices` and `messages` what an
account is told, `operators` the first one.
"""
