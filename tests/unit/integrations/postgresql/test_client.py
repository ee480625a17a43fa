from __future__ import annotations

import pytest
from pydantic import ValidationError

from lamplighter.domain.topology import SERVICE_LABEL, Component
from lamplighter.integrations.postgresql.client import Database, PostgresqlConfig
from lamplighter.ports import ToolError


def config(url: str = "postgresql://me:hunter2@db.shop.lan/x", **more: object) -> PostgresqlConfig:
    return PostgresqlConfig.model_validate({"url": url, **more})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "%2Frun%2Fpostgresql", "[::1]", ""])
def test_a_server_whose_url_names_no_host_must_be_given_its_components(host: str) -> None:
    with pytest.raises(ValidationError, match="components must name"):
        config(f"postgresql://me@{host}/x")
    assert config(f"postgresql://me@{host}/x", components=["db"]).components == ("db",)


@pytest.mark.parametrize("url", ["db", "host=db password=hunter2", "mysql://db", "postgresql://db/x?hunter2=1", ""])
def test_what_is_no_url_is_refused_without_its_secret(url: str) -> None:
    with pytest.raises(ValidationError) as problem:
        config(url)
    assert "hunter2" not in str(problem.value)
    assert "hunter2" not in repr(config())


def test_it_stands_for_the_host_in_its_url_or_for_what_is_named() -> None:
    def part(name: str, **labels: str) -> Component:
        return Component("docker", "container", name, "c1", labels)

    assert config().stands_for(part("db"))
    assert config().stands_for(part("db.shop.lan"))
    assert config().stands_for(part("shop-db-1", **{SERVICE_LABEL: "db"}))
    assert not config().stands_for(part("web"))
    named = config(components=["*-postgres"])
    assert named.stands_for(part("shop-postgres"))
    assert not named.stands_for(part("db"))


async def test_who_cannot_be_reached_is_told_with_the_raw_reason() -> None:
    database = Database(config("postgresql://me:hunter2@127.0.0.1:1/x", components=["db"]))
    with pytest.raises(ToolError, match=r"OperationalError: .*refused") as problem:
        async with database.session():
            pytest.fail("nobody listens there")
    assert "hunter2" not in str(problem.value)
