"""What each role and each scope may do."""

from __future__ import annotations

import pytest

from lamplighter.domain.access import (
    Allowed,
    Denied,
    Person,
    Right,
    Role,
    Scope,
    Via,
    mapped_role,
    may,
    role_for,
    role_of,
)

MAY = {
    Role.VIEWER: {Right.SEE},
    Role.OPERATOR: {Right.SEE, Right.DELIVER, Right.OPERATE, Right.SWITCH},
    Role.APPROVER: {Right.SEE, Right.DELIVER, Right.OPERATE, Right.SWITCH, Right.APPROVE},
    Role.ADMIN: set(Right),
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("right", Right)
def test_a_role_may_do_exactly_this(role: Role, right: Right) -> None:
    verdict = may(Person("ann", role, Via.PASSWORD), right)
    assert isinstance(verdict, Allowed) is (right in MAY[role])


def test_a_denial_says_who_is_what_and_what_it_takes() -> None:
    verdict = may(Person("ann", Role.VIEWER, Via.PASSWORD), Right.APPROVE)
    assert verdict == Denied("ann is viewer, and to approve wants at least approver")


@pytest.mark.parametrize("scope", [Scope.READ, Scope.DELIVER])
def test_a_token_of_an_admin_may_do_no_more_than_its_scopes(scope: Scope) -> None:
    token = Person("ci", Role.ADMIN, Via.API_TOKEN, frozenset({scope}))
    allowed = {right for right in Right if isinstance(may(token, right), Allowed)}
    assert allowed == {Right.SEE if scope is Scope.READ else Right.DELIVER}


def test_scopes_never_lift_a_role() -> None:
    token = Person("ci", Role.VIEWER, Via.API_TOKEN, frozenset({Scope.ADMIN}))
    assert isinstance(may(token, Right.APPROVE), Denied)


def test_a_token_without_scopes_may_do_nothing() -> None:
    token = Person("ci", Role.ADMIN, Via.API_TOKEN, frozenset())
    assert all(isinstance(may(token, right), Denied) for right in Right)


def test_the_role_of_a_token_is_the_least_that_its_scopes_want() -> None:
    assert role_for([Scope.READ]) is Role.VIEWER
    assert role_for([Scope.READ, Scope.APPROVE]) is Role.APPROVER
    assert role_for([]) is Role.VIEWER


def test_the_highest_role_of_all_groups_counts_and_unknown_groups_count_for_nothing() -> None:
    roles = {"ops": Role.OPERATOR, "leads": Role.APPROVER}
    assert mapped_role(["ops", "leads", "x"], roles, None) is Role.APPROVER
    assert mapped_role(["x"], roles, None) is None
    assert mapped_role(["x"], roles, Role.VIEWER) is Role.VIEWER


def test_a_role_is_read_from_its_name() -> None:
    assert role_of(" Approver ") is Role.APPROVER
    with pytest.raises(ValueError, match="viewer, operator, approver, admin"):
        role_of("root")


def test_names_that_others_vouch_for_are_told_apart() -> None:
    names = {via: Person("ann", Role.VIEWER, via).signature for via in Via}
    assert names[Via.PASSWORD] == "ann"
    assert len({names[Via.PASSWORD], names[Via.OIDC], names[Via.PROXY], names[Via.API_TOKEN]}) == 4
