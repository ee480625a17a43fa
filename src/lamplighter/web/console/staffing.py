"""What an admin does on the page of people and tokens. What bears a secret is no act: it comes as a form."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from lamplighter.domain.access import Person, Right
from lamplighter.web.context import Context
from lamplighter.web.people import removed, role_given, signed_out
from lamplighter.web.tokens import revoked

Values = Mapping[str, str]


async def _role(here: Context, person: Person, values: Values) -> str:
    user = await role_given(here, values.get("name", ""), values.get("role", ""), person.signature)
    return f"{user.name} is {user.role} from the next request on"


async def _sign_out(here: Context, person: Person, values: Values) -> str:
    done = await signed_out(here, values.get("name", ""), person.signature)
    return f"{done.name}: {done.sessions_ended} {'session' if done.sessions_ended == 1 else 'sessions'} ended"


async def _remove(here: Context, person: Person, values: Values) -> str:
    # Read first: whatever fails after the removal would be told as if nothing had been done.
    tokens, now = await asyncio.to_thread(here.app.store.api_tokens.listed), here.app.clock.now()
    name = (await removed(here, values.get("name", ""), person.signature)).name
    # A token is a program's and outlives who made it, who may know its text.
    left = ", ".join(token.id for token in tokens if token.created_by == name and token.holds(now))
    return f"{name} may not come in any more{f'; tokens that {name} made still hold: {left}' if left else ''}"


async def _revoke(here: Context, person: Person, values: Values) -> str:
    token = await revoked(here, values.get("token", ""), person.signature)
    return f"{token.id} ({token.name}) is revoked"


STAFFING: Mapping[str, tuple[Right, Callable[[Context, Person, Values], Awaitable[str]]]] = {
    "role": (Right.ADMINISTER, _role),
    "sign_out": (Right.ADMINISTER, _sign_out),
    "remove": (Right.ADMINISTER, _remove),
    "revoke": (Right.ADMINISTER, _revoke),
}
