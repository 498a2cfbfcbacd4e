"""Creating an account: email address, code from the mail, password, authenticator app.

Owns the six pages and the order of what is proved. Does not own accounts, codes or apps
(`idp.domain`). It never says whether an address has an account: a known one meets the same pages,
and its owner is told by mail to sign in instead.
"""
