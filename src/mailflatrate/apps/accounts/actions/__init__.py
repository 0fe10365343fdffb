"""Every write to accounts, each in one transaction.

`vetting` takes applications and decides on them, `agreements` has terms, policy and imprint, `people` accounts and
their members, `invitations` and `addresses` what people confirm by mail, `passwords`, `keys` and `second_factor` ways
to sign in, `approval` the second person who approves, `account_status` strikes and limits, `notices` and `messages`
what an account is told, `operators` the first operator.
"""
