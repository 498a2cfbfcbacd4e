"""What the managers of a service are told by email, each in their own language."""

from sqlalchemy.orm import Session

from idp.domain import members, notices
from idp.domain.members import Role
from idp.domain.services import Services


def tell_managers(
    session: Session, services: Services, service_id: str, template: str, **values: str
) -> None:
    """Queue the notice `template` for every manager of the service; sent after the commit."""
    for member, account in members.of_service(session, service_id):
        if member.role == Role.MANAGER.name:
            notices.send(
                session,
                services,
                to=account.email,
                template=template,
                language=account.language,
                **values,
            )
