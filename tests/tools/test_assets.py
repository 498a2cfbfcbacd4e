"""What is served holds nothing that is reserved for service.gov.uk."""

from pathlib import Path

import pytest

from tools import assets


def test_reserved_fonts_and_images_do_not_reach_the_stylesheet() -> None:
    css = (
        "@font-face{font-family:GDS Transport;src:url(/assets/fonts/light.woff2)}"
        "body{font-family:GDS Transport,arial,sans-serif}"
        ".crest{background-image:url(/assets/images/govuk-crest.svg)}"
        "/*# sourceMappingURL=govuk-frontend.min.css.map */\n"
    )
    assert (
        assets.served_css(css) == "body{font-family:arial,sans-serif}.crest{background-image:none}"
    )


@pytest.mark.parametrize(
    "css", ["a{font-family:GDS Transport}", "a{background:url(/assets/images/new.png)}"]
)
def test_a_reserved_thing_that_we_do_not_know_yet_stops_the_build(css: str) -> None:
    with pytest.raises(ValueError, match="still names"):
        assets.served_css(css)


def test_building_again_replaces_what_was_there(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "static" / "govuk"
    source.mkdir()
    (source / "govuk-frontend.min.css").write_text("a{color:red}")
    (source / "govuk-frontend.min.js").write_text("x()\n//# sourceMappingURL=x.map\n")
    target.mkdir(parents=True)
    (target / "left-over.css").write_text("")
    assets.build(source, target)
    assert sorted(path.name for path in target.iterdir()) == [
        "govuk-frontend.min.css",
        "govuk-frontend.min.js",
    ]
    assert "sourceMappingURL" not in (target / "govuk-frontend.min.js").read_text()
