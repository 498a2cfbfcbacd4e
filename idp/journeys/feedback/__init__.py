"""How was it? One question, asked of whoever wants to answer: no account, no cookie, no address.

Owns the page that asks and the page that thanks. Does not own what is kept (`idp.domain.feedback`),
or the pages that lead here, which name them by address.
"""
