"""Proving who somebody is (P1 to P3): a stand-in, labelled as one, absent in production.

Owns the pages from "prove your identity" to how it ended, the people one can pretend to be, and the
confirming of a proof that is kept. Does not own what a service is told of it (`idp.protocol`), the
records (`idp.domain.provings`, `idp.domain.identities`), or asking before it is told (`share`).
"""
