"""Appeals are open to the end of their last day, heard by somebody else; notices withheld only as allowed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.regulation.parts import ALL, COM, EU, MOD, NOW, SUP, person, situation, stack

from modstation.models.errors import NotAllowed
from modstation.models.ids import PersonId
from modstation.models.people import PersonState, Role
from modstation.regulation import ProfileStack, appeal_open, appeal_until, load_profile, who_may_hear, withholding

BARE = load_profile(
    b'format = "modstation.profile/1"\n[profile]\nid = "x"\nversion = "1"\ntitle = { en = "x" }\n'
    b'in_force = 2020-01-01\nlanguages = ["en"]\n'
)


def test_the_window_ends_with_its_last_local_day() -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    end = appeal_until(stack(), NOW)
    assert end == datetime(2027, 5, 25, tzinfo=shanghai)
    assert appeal_open(stack(), NOW, end - timedelta(seconds=1))
    assert not appeal_open(stack(), NOW, end)
    assert appeal_until(stack(*EU), NOW) == datetime(2027, 5, 29, tzinfo=ZoneInfo("Europe/Brussels"))


@given(decided=st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC)))
def test_nobody_gets_less_than_the_days_of_the_profile(decided: datetime) -> None:
    for names, days in (((), 180), (EU, 184)):
        assert appeal_until(stack(*names), decided) >= decided + timedelta(days=days)
        assert appeal_until(stack(*names), decided) <= decided + timedelta(days=days + 1, hours=1)


def test_where_no_profile_takes_appeals_that_is_said() -> None:
    with pytest.raises(NotAllowed, match="No appeal"):
        appeal_until(ProfileStack((BARE,)), NOW)
    assert not appeal_open(ProfileStack((BARE,)), NOW, NOW)


@pytest.mark.promise(6)
def test_an_appeal_is_heard_by_somebody_who_had_no_part_in_the_case() -> None:
    assert who_may_hear(situation()) == (SUP.id, COM.id)
    assert who_may_hear(situation(heard=frozenset({SUP.id}))) == (COM.id,)
    assert who_may_hear(situation(heard=frozenset({SUP.id, COM.id}))) == ()
    assert who_may_hear(situation(people=(MOD, person("demo-legal", Role.LEGAL)))) == ()
    removed = person("demo-sup", Role.SUPERVISOR, state=PersonState.REMOVED)
    assert who_may_hear(situation(people=(MOD, removed))) == ()


@pytest.mark.promise(6)
@given(
    decider=st.sampled_from([p.id for p in ALL]),
    heard=st.frozensets(st.sampled_from([*(p.id for p in ALL), PersonId("else")])),
)
def test_no_decider_hears_their_own_case(decider: PersonId, heard: frozenset[PersonId]) -> None:
    assert not set(who_may_hear(situation(decider=decider, heard=heard))) & {decider, *heard}


def test_a_notice_is_withheld_for_a_reason_of_the_profile_by_a_second_person_and_not_for_ever() -> None:
    kept = withholding(stack(), situation(), "risk_to_person")
    assert kept.until == NOW + timedelta(days=90)
    assert (kept.approvals.needs, kept.approvals.may) == (1, (COM.id,))
    assert MOD.id not in kept.approvals.may


def test_the_european_profile_needs_nobody_and_sets_no_end() -> None:
    kept = withholding(stack(*EU), situation(), "deceptive_high_volume_commercial")
    assert kept.until is None
    assert kept.approvals.needs == 0


@pytest.mark.parametrize("reason", ["because", "", "deceptive_high_volume_commercial"])
def test_no_other_reason_withholds_a_notice(reason: str) -> None:
    with pytest.raises(NotAllowed, match="authority_written_bar"):
        withholding(stack(), situation(), reason)
    with pytest.raises(NotAllowed, match="no reason"):
        withholding(ProfileStack((BARE,)), situation(), reason)
