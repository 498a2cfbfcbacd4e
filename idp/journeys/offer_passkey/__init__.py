"""Offering a passkey, once, to somebody who has just typed a password and a code.

Owns the one page and its answer. Does not own when it is due (`idp.protocol.next_step`), passkeys
(`idp.domain.passkeys`) or signing in with one (`sign_in`).
"""
