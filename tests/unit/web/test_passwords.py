"""Passwords: how they are kept, and that nobody learns from the work whether a name is known."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from lamplighter.domain.account import PASSWORD_CHARS_MAX
from lamplighter.web.passwords import AT_ONCE, LANES, MEMORY_KIBIBYTES, PASSES, WAITING_MAX, Passwords
from lamplighter.web.problems import Problem

WORDS = "four words will do"


@dataclass
class CountingHasher:
    """Notes what it is asked, and in which thread."""

    verified: list[tuple[str, str]] = field(default_factory=list)
    hashed: list[str] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    open: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.open.set()

    def hash(self, password: str | bytes) -> str:
        self.hashed.append(str(password))
        return f"${password!s}"

    def verify(self, password: str | bytes, hash: str | bytes) -> bool:  # noqa: A002 - the port's own name
        self.open.wait(30)
        self.threads.add(threading.current_thread().name)
        self.verified.append((str(password), str(hash)))
        return hash == f"${password!s}"


async def test_a_password_is_kept_as_argon2id_and_as_costly_as_it_must_be() -> None:
    passwords = Passwords()
    kept = await passwords.hash(WORDS)
    assert kept.startswith(f"$argon2id$v=19$m={MEMORY_KIBIBYTES},t={PASSES},p={LANES}$")
    assert MEMORY_KIBIBYTES >= 19 * 1024
    assert PASSES >= 2
    assert await passwords.fits(WORDS, kept)
    assert not await passwords.fits(WORDS + "!", kept)
    assert await passwords.hash(WORDS) != kept, "each has a salt of its own"


async def test_the_work_is_the_same_whether_anybody_has_the_name() -> None:
    known, unknown = CountingHasher(), CountingHasher()
    assert not await Passwords(known).fits("wrong", "$right")
    assert not await Passwords(unknown).fits("wrong", None)
    assert len(known.verified) == len(unknown.verified) == 1
    assert len(known.hashed) == len(unknown.hashed) == 1
    for hasher in (known, unknown):
        passwords = Passwords(hasher)
        await passwords.fits("wrong", "$right")
        await passwords.fits("wrong", None)
    assert len(known.verified) == len(unknown.verified)


async def test_even_the_decoys_own_password_lets_nobody_in() -> None:
    hasher = CountingHasher()
    passwords = Passwords(hasher)
    await passwords.fits("x", None)
    assert not await passwords.fits(hasher.hashed[0], None)


async def test_the_event_loop_goes_on_meanwhile() -> None:
    hasher = CountingHasher()
    await Passwords(hasher).fits("wrong", None)
    assert all(name.startswith("password") for name in hasher.threads)


async def test_only_so_many_wait_and_the_rest_is_told_to_come_back() -> None:
    hasher = CountingHasher()
    hasher.open.clear()
    passwords = Passwords(hasher)
    waiting = [asyncio.create_task(passwords.fits("x", "$x")) for _ in range(AT_ONCE + WAITING_MAX)]
    await asyncio.sleep(0)
    with pytest.raises(Problem) as busy:
        await passwords.fits("x", "$x")
    assert (busy.value.status, busy.value.headers["Retry-After"]) == (503, "2")
    hasher.open.set()
    assert all(await asyncio.gather(*waiting))
    assert await passwords.fits("x", "$x")


async def test_no_more_is_hashed_than_a_password_may_have() -> None:
    hasher = CountingHasher()
    await Passwords(hasher).fits("a" * 1024**2, None)
    assert len(hasher.verified[0][0]) == PASSWORD_CHARS_MAX + 1


async def test_keyboards_that_write_the_same_letter_differently_agree() -> None:
    passwords = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
    kept = await passwords.hash("caf\u00e9 au lait bitte ")
    assert await passwords.fits("cafe\u0301 au lait bitte", kept)


async def test_a_hash_that_cannot_be_read_fits_nothing() -> None:
    cheap = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)
    assert not await Passwords(cheap).fits(WORDS, "$argon2id$broken")
    assert not await Passwords(cheap).fits(WORDS, "plain text")
