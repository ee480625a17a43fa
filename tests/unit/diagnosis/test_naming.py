from __future__ import annotations

import pytest

from lamplighter.diagnosis.naming import naming_of
from lamplighter.domain.evidence import Fact
from tests.unit.diagnosis.home import Home


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("shop-db:5432", "shop-db"),
        ("/shop-db", "shop-db"),
        ("shop-db.service", "shop-db"),
        ("shop_db", "shop-db"),
        ("http://shop-db.lan:80/x", "shop-db"),
        ("pool/shop-db", "shop-db"),
        ("stack_shop-db_1", "shop-db"),
        ("10.0.0.7", "shop-db"),
        ("other:81", "other"),
    ],
)
def test_every_way_to_say_it_means_the_one_that_the_case_knows(said: str, meant: str) -> None:
    addressed = Fact("", "e1", "shop-db", "state", "", values={"addresses": "10.0.0.7"})
    naming = naming_of(Home(components=("shop-db", "web")).case(), [addressed])
    assert naming.of(said) == meant
    assert naming.knows(said) == (meant == "shop-db")


def test_without_components_the_logs_give_the_names() -> None:
    naming = naming_of(Home().case(), [Fact("", "e1", "mailer", "log_error", "")])
    assert naming.of("mailer:25") == "mailer"
    assert naming.knows("mailer")
