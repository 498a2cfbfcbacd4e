"""The citizen's own account: what was used and shared, and everything they may change about it.

Owns the pages under `/account`. Does not own signing in to them (`idp.web.own_pages`), or what a
change does (`idp.domain`).
"""
