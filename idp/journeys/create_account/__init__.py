"""Creating an account: email address, code from the mail, password, app, recovery codes.

Owns the pages and the order of what is proved; a recovery ends on those of the app and the codes
too (`recover`). Does not own accounts, codes or apps (`idp.domain`). It never says whether an
address has an account: a known one meets the same pages, and its owner is told by mail to sign in
instead.
"""
