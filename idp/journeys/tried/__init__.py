"""Where a team's try of its own client comes back to, and what came of it.

Owns the page after a try: the answer, the tokens, each check ticked. Does not own building the
request (`service_teams`), or which request may come back here (`idp.domain.tries`).
"""
