"""The keys that say how people sign in: how long, by which other system, and which of its groups has which role."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, StringConstraints

from lamplighter.domain.access import Role, role_of
from lamplighter.settings.values import Duration, WebUrl

Network = IPv4Network | IPv6Network
RoleWord = Annotated[str, AfterValidator(lambda word: role_of(word).word)]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$")]


def _network(value: object) -> Network:
    try:
        found = ip_network(str(value).strip())
    except ValueError as problem:
        raise ValueError(f'"{value}" is not an address or a network; write 172.18.0.2 or 172.18.0.0/16') from problem
    if found.prefixlen == 0:
        raise ValueError(f'"{value}" is everybody, and anybody could name himself; list the proxy\'s own addresses')
    return found


class Mapped(BaseModel):
    """Which role the groups of another system bring. Who is in none of them stays out, unless there is a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    roles: Annotated[
        dict[str, RoleWord], Field(max_length=200, description="group of the other system: role here")
    ] = {}
    default_role: Annotated[RoleWord | None, Field(description="for who is in none of them; nobody without it")] = None

    @property
    def role_of_group(self) -> Mapping[str, Role]:
        """The roles as the domain has them."""
        return {group: role_of(word) for group, word in self.roles.items()}

    @property
    def otherwise(self) -> Role | None:
        """The default role as the domain has it."""
        return None if self.default_role is None else role_of(self.default_role)


class Oidc(Mapped):
    """Sign in with another system, by OpenID Connect."""

    issuer: Annotated[WebUrl, Field(description="its address; what it offers is read from there")]
    client_id: Annotated[str, Field(min_length=1, max_length=500, description="our name there")]
    client_secret: Annotated[SecretStr, Field(description="our secret there; empty for a public client")] = SecretStr(
        ""
    )
    scopes: Annotated[list[str], Field(max_length=20, description="what is asked for beside openid")] = ["profile"]
    name_claim: Annotated[str, Field(max_length=100, description="claim with the person's name")] = "preferred_username"
    roles_claim: Annotated[str, Field(max_length=100, description="claim with the groups")] = "groups"
    label: Annotated[str, Field(min_length=1, max_length=40, description="on the button")] = "single sign-on"


class Proxy(Mapped):
    """Believe a reverse proxy that has signed people in."""

    addresses: Annotated[
        list[Annotated[Network, BeforeValidator(_network)]],
        Field(min_length=1, max_length=50, description="of the proxy alone; headers from anyone else are ignored"),
    ]
    user_header: Annotated[HeaderName, Field(description="header with the person's name")] = "Remote-User"
    groups_header: Annotated[HeaderName, Field(description="header with the groups, apart by commas")] = "Remote-Groups"


class Auth(BaseModel):
    """How people sign in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    session_lifetime: Annotated[Duration, Field(description="how long a browser stays signed in")] = 7 * 86_400.0
    oidc: Annotated[Oidc | None, Field(description="sign in with another system")] = None
    proxy: Annotated[Proxy | None, Field(description="believe a reverse proxy's headers")] = None
