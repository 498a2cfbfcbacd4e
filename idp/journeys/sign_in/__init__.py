"""Signing in: start, email address, password, a code or what stands in for it, and the lock.

Owns the pages and what they prove about a person. Does not own what is asked next (the
dispatcher), accounts, sessions or counters (`idp.domain`). It never says whether an address has
an account: an unknown one meets the same pages, the same words and the same work.
"""
