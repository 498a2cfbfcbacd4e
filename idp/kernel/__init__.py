"""What knows nothing of OpenID Connect: clock, entropy, urls, database, sealing, fetching.

The only floor that may read the system's clock or its randomness, so that everything above it
can be given others in a test.
"""
