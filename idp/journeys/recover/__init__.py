"""Getting a new second factor for who gave the password and cannot use the one they have.

Owns the pages on the way, and which of them is due. Does not own recoveries
(`idp.domain.recoveries`), the identity check (`prove_identity`) or setting up the new app
(`create_account`): both are reached by their names, and by the dispatcher.
"""
