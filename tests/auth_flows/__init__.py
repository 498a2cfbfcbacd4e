"""The probe: attacks a whole sign-in flow from outside and says what was tried and what happened.

It speaks HTTP to an issuer and knows nothing of ours: it imports neither `idp` nor `tests.support`.
Owns the catalogue of attacks, how they are made and how their results are told; starting a
provider to attack is the business of `tools/probe.py`.
"""
