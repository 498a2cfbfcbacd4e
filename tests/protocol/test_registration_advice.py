"""What the fields of a registration say together, before there are many of them."""

import pytest

from idp.protocol.registration_advice import sector_for

HERE = "https://service.example"


@pytest.mark.parametrize(
    ("addresses", "sector"),
    [
        ([], None),
        ([f"{HERE}/callback", f"{HERE}/other"], HERE),
        ([f"{HERE}/callback", "https://other.example/callback"], None),
    ],
)
def test_a_sector_is_read_from_addresses_that_agree(
    addresses: list[str], sector: str | None
) -> None:
    assert sector_for({"redirect_uris": addresses}) == sector
