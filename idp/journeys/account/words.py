"""What happened, in plain words."""

from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from idp.protocol import identity_claims

HAPPENED: Final[dict[str, LazyString]] = {
    "account_created": _("Account begun"),
    "account_completed": _("Account created"),
    "account_restored": _("Account opened again by us"),
    "account_suspended": _("Account suspended by us"),
    "activity_reported": _("Something reported that was not you"),
    "authenticator_app_added": _("Authenticator app added"),
    "authenticator_app_replaced": _("Authenticator app replaced"),
    "authenticator_apps_switched": _("Authenticator apps changed places"),
    "backup_app_added": _("Back-up app added"),
    "backup_app_removed": _("Back-up app removed"),
    "claims_refused": _("Details not shared with a service"),
    "claims_shared": _("Details shared with a service"),
    "code_issued": _("Service opened"),
    "data_downloaded": _("Copy of your data downloaded"),
    "email_changed": _("Email address changed"),
    "identity_confirmed": _("Identity details confirmed"),
    "identity_not_proved": _("Identity not proved"),
    "identity_proof_ordered": _("Proof of your identity set aside by us"),
    "identity_proved": _("Identity proved"),
    "locked": _("Signing in paused after too many wrong tries"),
    "locks_lifted": _("Wait after too many wrong tries ended by us"),
    "passkey_added": _("Passkey added"),
    "passkey_refused": _("Passkey not accepted"),
    "passkey_removed": _("Passkey removed"),
    "password_changed": _("Password changed"),
    "password_found_weak": _("Password found too easy to guess"),
    "password_refused": _("Wrong password"),
    "password_reset": _("New password set after it was forgotten, or because it had to be"),
    "password_reset_ordered": _("New password asked for by us"),
    "recovery_allowed": _("New way to get codes allowed after an identity check"),
    "recovery_begun": _("New way to get codes asked for"),
    "recovery_cancelled": _("New way to get codes stopped"),
    "recovery_codes_made": _("New recovery codes made"),
    "recovery_code_used": _("Recovery code used"),
    "recovery_hastened": _("Wait for a new way to get codes ended by us"),
    "recovery_finished": _("New way to get codes set up, old ones removed"),
    "second_factor_passed": _("Security code accepted"),
    "second_factor_refused": _("Wrong security code"),
    "service_removed": _("Service’s access removed"),
    "signed_in_with_passkey": _("Passkey accepted"),
    "signed_in_with_password": _("Password accepted"),
    "signed_out": _("Signed out"),
    "terms_agreed": _("Terms of use agreed to"),
}
"""By the fact of the audit record that `idp.domain.activity` shows."""

CLAIMS: Final[dict[str, LazyString]] = {
    identity_claims.CORE_IDENTITY: _("Name and date of birth"),
    identity_claims.ADDRESS: _("Address"),
    identity_claims.PASSPORT: _("Passport"),
    identity_claims.DRIVING_PERMIT: _("Driving licence"),
    identity_claims.RETURN_CODE: _("How the check ended"),
}
"""What a service may have been given of an identity."""

PARTS: Final[dict[str, LazyString]] = {
    "account": _("Your account"),
    "activity": _("Activity"),
    "at": _("When"),
    "authenticator_apps": _("Authenticator apps"),
    "browser": _("Browser"),
    "claim": _("What"),
    "client": _("Service’s number"),
    "confidence": _("How sure we are"),
    "created_at": _("Created"),
    "added_at": _("Added"),
    "devices_signed_in": _("Where you are signed in"),
    "email": _("Email address"),
    "email_proved_at": _("Email address proved"),
    "first_at": _("First"),
    "identity": _("Identity"),
    "left": _("Left"),
    "passkeys": _("Passkeys"),
    "recovery_codes": _("Recovery codes"),
    "language": _("Language"),
    "last_at": _("Last"),
    "last_seen_at": _("Last used"),
    "made_at": _("This copy was made"),
    "names_services_know_you_by": _("Names that services know you by"),
    "number": _("Number"),
    "new_password_wanted_because": _("Why a new password is wanted"),
    "passkey_offered_at": _("Asked whether you want a passkey"),
    "password_reset_at": _("Password reset"),
    "password_set_at": _("Password set"),
    "person": _("Who you are"),
    "proved_at": _("Proved"),
    "recovery": _("A new way to get codes, asked for"),
    "ready_at": _("Ready"),
    "reports": _("Reports of what was not you"),
    "service": _("Service"),
    "shared_with_services": _("Shared with services"),
    "started_at": _("Signed in"),
    "state": _("State"),
    "subject": _("Name for you"),
    "terms_agreed_at": _("Terms agreed to"),
    "terms_version_agreed": _("Version of the terms"),
    "what": _("What"),
    "withdrawn_at": _("Withdrawn"),
}
"""The parts of the copy of one's data, for reading; what is not here is shown as it is."""

STATES: Final[dict[str, LazyString]] = {
    "weak": _("The one you had is easy to guess"),
    "ordered": _("Somebody else may know the one you had"),
    "active": _("In use"),
    "open": _("Under way"),
    "finished": _("Finished"),
    "signed_in": _("Stopped by signing in"),
    "stopped": _("Stopped"),
    "lapsed": _("Not used in time"),
    "replaced": _("Not needed after an identity check"),
}
"""What an account, or a request for a new way to get codes, has come to, and why."""
