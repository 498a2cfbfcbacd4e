"""A new password for who has forgotten theirs, or must have another one.

Owns the pages from asking for a code to the new password, and which of them is due. Does not own
what a reset is and does (`idp.domain.resets`), guesses (`idp.domain.guessing`) or what is asked
next (the dispatcher). It never says whether an address has an account before its mailbox is proved.
"""
