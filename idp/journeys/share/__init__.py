"""What a service will get, shown before it gets it for the first time, and the citizen's answer.

Owns the one page and what stands on it. Does not own the record of it (`idp.domain.disclosures`),
which is written when a code is really given, nor what is released (`idp.protocol`).
"""
