"""Clients that other people wrote, unmodified, against a running provider on real time.

Owns the small services that use them, and what those services must really hold afterwards. It
owns no rule of the protocol: what exactly is answered to which request is tests/contract's.
"""
