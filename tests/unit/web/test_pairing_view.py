"""The picture of a link is drawn with attributes alone, and the token's file lies where the server reads it."""

from __future__ import annotations

from pathlib import Path

from lamplighter.domain.access import Person, Role, Via
from lamplighter.domain.nearby import Vantage
from lamplighter.settings import load_settings
from lamplighter.web.pairing_view import from_outside, owner, qr, token_place


def test_a_picture_needs_no_style_and_tells_links_apart() -> None:
    one, other = qr("https://t.me/lamp_bot?start=abc"), qr("https://t.me/lamp_bot?start=abd")
    assert one.startswith("<svg")
    assert "style" not in one
    assert "script" not in one
    assert one != other


def test_whose_it_is_differs_by_session_and_is_nobodys_without_a_person() -> None:
    ann = Person("ann", Role.ADMIN, Via.PASSWORD)
    assert owner(ann, "a") != owner(ann, "b")
    assert owner(None, "a") == ""
    # Without sessions the name alone would be the same for a person whom a proxy vouches for and a token.
    assert owner(Person("ann", Role.ADMIN, Via.PROXY), "") != owner(Person("ann", Role.ADMIN, Via.API_TOKEN), "")


def test_the_file_lies_in_the_data_folder(tmp_path: Path) -> None:
    settings = load_settings(None, {"HOME": str(tmp_path)})
    place = token_place(settings, Vantage(), {})
    assert Path(place.path).parent == settings.data_folder.resolve()
    assert (place.by_root, place.prefix) == (False, "")
    assert token_place(settings, Vantage(), {"INVOCATION_ID": "1"}).by_root
    assert not token_place(settings, Vantage(own="x"), {"INVOCATION_ID": "1"}).by_root


def test_what_reads_the_keyboard_in_a_container_is_given_it(tmp_path: Path) -> None:
    settings = load_settings(None, {"HOME": str(tmp_path)})
    alone, composed = Vantage(own="lamp"), Vantage(own="x-lamp-1", service="lamp")
    assert token_place(settings, alone, {}).prefix == "docker exec -i lamp "
    assert token_place(settings, composed, {}).prefix == "docker compose exec lamp "
    assert (from_outside(alone), from_outside(composed)) == ("docker exec lamp ", "docker compose exec lamp ")
    assert from_outside(Vantage()) == ""
