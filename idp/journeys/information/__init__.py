"""What this software is and does, in words: terms, privacy, cookies, accessibility, support.

Owns: these pages and the one for service teams. What they state of lifetimes, limits and addresses
they take from the code that keeps to it; `tests/journeys/test_what_pages_promise.py` holds the rest
to it.
Does not own: agreeing to terms, or which version of them counts (`idp.domain.terms`).
"""
