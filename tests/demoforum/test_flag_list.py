"""The list of flags against a plain reading of the same rules, for any mix of filters and any history."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from modstation.demoforum import Plan, riverside
from modstation.demoforum.flag_deeds import report, update
from modstation.demoforum.flag_list import FlagLists, asked_filters, sort_of
from modstation.demoforum.forum import Forum
from modstation.demoforum.records import FLAG_STATES, Flag
from modstation.demoforum.routing import Request

ACTS = st.lists(st.tuples(st.integers(1, 30), st.sampled_from([*FLAG_STATES, "assign", "report"])), max_size=25)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "state": st.sampled_from([*FLAG_STATES, "nonsense"]),
        "type": st.sampled_from(["post", "user"]),
        "cid": st.lists(st.sampled_from(["1", "2", "3", "9"]), min_size=1, max_size=2, unique=True),
        "assignee": st.sampled_from(["2", "3"]),
        "targetUid": st.integers(5, 20).map(str),
    },
)


def lived(acts: list[tuple[int, str]]) -> Forum:
    """A forum of thirty flags with a history."""
    forum = riverside(Plan(seed=3, items=30, quiet=30))
    staff = forum.accounts[2]
    for number, act in acts:
        flag = forum.flags[number]
        if act == "report":
            free = next(
                uid for uid in range(5, 40) if uid != flag.target_uid and all(uid != one.uid for one in flag.reports)
            )
            report(forum, forum.accounts[free], "post", flag.target, "again")
        else:
            update(
                forum,
                staff,
                flag,
                act,
                "3" if act == "assign" and flag.assignee == "2" else "2" if act == "assign" else None,
            )
    return forum


def fits(flag: Flag, filters: dict[str, object]) -> bool:
    """A plain reading of the filters; a former assignee still counts."""
    cids = filters.get("cid", [])
    cids = cids if isinstance(cids, list) else [cids]
    return (
        filters.get("state", flag.state) == flag.state
        and filters.get("type", flag.type) == flag.type
        and (not cids or str(flag.cid) in cids)
        and ("assignee" not in filters or str(filters["assignee"]) in flag.assigned)
        and ("targetUid" not in filters or str(flag.target_uid) == filters["targetUid"])
    )


def asked(filters: dict[str, object], **more: str) -> Request:
    query = {name: value if isinstance(value, list) else [str(value)] for name, value in filters.items()}
    return Request("GET", "/api/flags", {**query, **{name: [value] for name, value in more.items()}})


@settings(max_examples=60)
@given(ACTS, FILTERS, st.sampled_from(["newest", "oldest", "reports", "replies", "odd"]), st.integers(1, 9))
def test_a_list_holds_what_fits_once_in_an_order_that_pages_keep(
    acts: list[tuple[int, str]], filters: dict[str, object], sort: str, size: int
) -> None:
    forum = lived(acts)
    lists = FlagLists(forum)
    request = asked(filters, sort=sort)
    kept, _ = asked_filters(request, None)
    ids = lists.ids(kept, sort_of(request), forum.accounts[1])
    assert sorted(ids) == [flag.flag_id for flag in forum.flags.values() if fits(flag, kept)]
    pages = [ids[start : start + size] for start in range(0, len(ids), size)]
    assert [number for page in pages for number in page] == ids


@settings(max_examples=40)
@given(ACTS)
def test_unfiltered_is_by_creation_and_with_a_state_by_its_last_change(acts: list[tuple[int, str]]) -> None:
    forum = lived(acts)
    lists = FlagLists(forum)
    plain = lists.ids({}, "newest", None)
    assert [forum.flags[number].at for number in plain] == sorted(
        (flag.at for flag in forum.flags.values()), reverse=True
    )
    for state in FLAG_STATES:
        times = [forum.flags[number].state_at for number in lists.ids({"state": state}, "newest", None)]
        assert times == sorted(times, reverse=True)


@given(FILTERS)
def test_what_is_unknown_is_dropped_and_everything_else_echoed(filters: dict[str, object]) -> None:
    kept, _ = asked_filters(asked(filters), None)
    for name, value in filters.items():
        if value == "nonsense":
            assert name not in kept
        else:
            assert kept[name] == (value[0] if isinstance(value, list) and len(value) == 1 else value)
    assert (kept["page"], kept["perPage"]) == (1, 20)


def test_a_list_is_remembered_until_a_flag_changes() -> None:
    forum = lived([])
    lists = FlagLists(forum)
    first = lists.ids({"state": "open"}, "newest", None)
    assert lists.ids({"state": "open"}, "newest", None) is first
    update(forum, forum.accounts[2], forum.flags[7], "wip", None)
    assert 7 not in lists.ids({"state": "open"}, "newest", None)
