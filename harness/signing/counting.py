"""How many users in which roles: whether the signatures that a trust file asks for are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def missing_signatures(
    signed: Iterable[tuple[str, str]], wanted: Mapping[str, int], *, is_single_person: bool
) -> dict[str, int]:
    """Return role → how many signatures are missing; empty when what is asked for is there.

    A user counts once, and in one role only, whatever he signed as and with however many keys: two
    roles are asked for so that two people look. Where one person may do everything, he counts in each.

    Args:
        signed: User and role of each signature that counts.
        wanted: Role → how many different users must have signed in it.
        is_single_person: See ``Trust``.
    """
    roles_of: dict[str, set[str]] = {}
    for user, role in signed:
        roles_of.setdefault(user, set()).add(role)
    if is_single_person:
        have = {role: sum(role in roles for roles in roles_of.values()) for role in wanted}
    else:
        have = _most(roles_of, wanted)
    return {role: n - have[role] for role, n in wanted.items() if have[role] < n}


def _most(roles_of: Mapping[str, set[str]], wanted: Mapping[str, int]) -> dict[str, int]:
    """Give each user one role so that as many places as possible are filled (bipartite matching)."""
    places = [(role, index) for role in sorted(wanted) for index in range(wanted[role])]
    taken: dict[tuple[str, int], str] = {}

    def seat(user: str, tried: set[tuple[str, int]]) -> bool:
        for place in places:
            if place[0] not in roles_of[user] or place in tried:
                continue
            tried.add(place)
            if place not in taken or seat(taken[place], tried):
                taken[place] = user
                return True
        return False

    for user in sorted(roles_of):
        seat(user, set())
    return {role: sum(place[0] == role for place in taken) for role in wanted}
