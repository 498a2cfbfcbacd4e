"""The page that asks to agree to new terms, once for each version of them.

Owns asking. Does not own the terms' words (`information`) or which version counts
(`idp.domain.terms`).
"""
