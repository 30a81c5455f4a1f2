"""Deadlines: the worked dates, each daylight-saving edge, years without a calendar, what starts and stops a clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.regulation.parts import CN, EU, LANGUAGES, NOW, REMOVE, WARN, situation, stack

from modstation.models.errors import NotFound
from modstation.models.measures import Measure
from modstation.regulation import (
    PlannedClock,
    ProfileStack,
    calendar,
    clocks_on,
    deadline,
    plan,
    read_year,
    reportable_clocks,
    stops,
)
from modstation.regulation.blocks import ClockRule, Counting
from modstation.regulation.clocks import start_of_day

SHANGHAI = ZoneInfo("Asia/Shanghai")
BRUSSELS = ZoneInfo("Europe/Brussels")


def custom(zone: str, unit: str, amount: int, calendar_name: str = "", *, counts_first: bool = False) -> ProfileStack:
    """The Chinese law with one clock `it`, in another zone."""
    law = stack(*CN).profiles[0]
    rule = ClockRule("it", "complaint.received", ("complaint.answered",), amount, unit, "house", target_minutes=30)
    head = replace(law.head, timezone=zone, calendar=calendar_name)
    return ProfileStack((replace(law, head=head, clocks=(rule,), counting=Counting(day_of_event_counts=counts_first)),))


def local(clock: PlannedClock) -> str:
    return clock.due.astimezone(ZoneInfo(clock.zone)).strftime("%a %Y-%m-%d %H:%M")


# -------------------------------------------------------------------------------- the worked dates
def test_five_business_days_over_golden_week() -> None:
    clock = deadline(stack(), "complaint_decide", datetime(2026, 9, 29, 17, tzinfo=SHANGHAI))
    assert local(clock) == "Tue 2026-10-13 00:00", "Monday 12 October, to its end"
    assert clock.due == datetime(2026, 10, 12, 16, tzinfo=UTC)
    assert clock.house
    assert clock.calendar == "cn-2026.1"
    assert not clock.warning


@pytest.mark.parametrize("language", LANGUAGES)
def test_why_this_date_counts_day_by_day(language: str) -> None:
    start = datetime(2026, 9, 29, 17, tzinfo=SHANGHAI)
    lines = deadline(stack(), "complaint_decide", start, language=language).working.splitlines()
    days = [line for line in lines if line.startswith(("Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Mon", "2026年"))]
    assert len(days) == 14, "every day from receipt to the last one"
    english = language == "en"
    assert ("not counted" if english else "当日不计") in days[0]
    assert all(("National Day" if english else "国庆节") in day for day in days[2:9])
    assert ("a working day this year" if english else "调休上班") in days[11]
    assert "10 Oct" in days[11] or "10月10日" in days[11]
    assert "Asia/Shanghai" in lines[-2]
    assert "cn-2026.1" in lines[-1]


def test_a_mon_to_fri_count_would_have_said_the_6th_in_the_middle_of_the_holiday() -> None:
    start = datetime(2026, 9, 29, 17, tzinfo=SHANGHAI)
    assert local(deadline(custom("Asia/Shanghai", "business_days", 5), "it", start)) == "Wed 2026-10-07 00:00"


@pytest.mark.parametrize(
    ("clock", "start", "due"),
    [
        ("report_police", "2026-09-29T17:00+08:00", "Wed 2026-09-30 17:00"),
        ("incident_report", "2026-09-29T17:00+08:00", "Tue 2026-09-29 21:00"),
        ("incident_summary", "2026-09-29T17:00+08:00", "Fri 2026-10-30 00:00"),
        ("complaint_ack", "2026-09-30T23:59+08:00", "Fri 2026-10-09 00:00"),
        ("appeal_decide", "2026-02-13T09:00+08:00", "Tue 2026-03-03 00:00"),
        ("stop_transmission", "2026-09-29T17:00+08:00", "Tue 2026-09-29 17:30"),
        ("reportable_judged", "2026-12-31T20:00+08:00", "Fri 2027-01-01 08:00"),
        ("manager_recheck", "2026-01-01T00:00+08:00", "Wed 2026-07-01 00:00"),
    ],
)
def test_worked_dates(clock: str, start: str, due: str) -> None:
    assert local(deadline(stack(), clock, datetime.fromisoformat(start))) == due


@pytest.mark.case("S17")
@pytest.mark.parametrize(
    ("received", "one", "five"),
    [
        ("2026-11-20T18:30+08:00", "Tue 2026-11-24 00:00", "Sat 2026-11-28 00:00"),
        ("2026-11-21T10:00+08:00", "Tue 2026-11-24 00:00", "Sat 2026-11-28 00:00"),
        ("2026-11-22T23:59+08:00", "Tue 2026-11-24 00:00", "Sat 2026-11-28 00:00"),
        ("2026-11-23T00:00+08:00", "Wed 2026-11-25 00:00", "Tue 2026-12-01 00:00"),
    ],
)
@pytest.mark.parametrize("name", ["", "cn"])
def test_business_days_from_a_weekend(received: str, one: str, five: str, name: str) -> None:
    start = datetime.fromisoformat(received)
    assert local(deadline(custom("Asia/Shanghai", "business_days", 1, name), "it", start)) == one
    assert local(deadline(custom("Asia/Shanghai", "business_days", 5, name), "it", start)) == five


@pytest.mark.case("S17")
def test_the_convention_is_a_field_of_the_profile() -> None:
    start = datetime.fromisoformat("2026-11-23T09:00+08:00")
    counting = custom("Asia/Shanghai", "business_days", 1, counts_first=True)
    assert local(deadline(counting, "it", start)) == "Tue 2026-11-24 00:00"
    assert "not counted" not in deadline(counting, "it", start).working
    days = custom("Asia/Shanghai", "calendar_days", 3, counts_first=True)
    assert local(deadline(days, "it", start)) == "Thu 2026-11-26 00:00"
    assert local(deadline(custom("Asia/Shanghai", "calendar_days", 3), "it", start)) == "Fri 2026-11-27 00:00"


def test_the_day_of_receipt_is_the_local_one() -> None:
    late = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)
    assert local(deadline(stack(), "complaint_ack", late)) == "Wed 2026-11-25 00:00", "00:30 on Monday in Shanghai"


def test_trusted_flaggers_have_a_lane_of_their_own() -> None:
    start = datetime(2026, 4, 1, 12, tzinfo=BRUSSELS)
    usual = deadline(stack(*EU), "notice_decide", start)
    fast = deadline(stack(*EU), "notice_decide", start, source="trusted_flagger")
    assert local(usual) == "Thu 2026-04-09 00:00", "Good Friday and Easter Monday are closed"
    assert local(fast) == "Fri 2026-04-03 00:00"
    assert local(deadline(stack(*EU), "notice_decide", start, source="user")) == local(usual)


# -------------------------------------------------------------------------------- daylight saving
@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-03-28T12:00", "Sun 2026-03-29 13:00"),
        ("2026-10-24T12:00", "Sun 2026-10-25 11:00"),
        ("2026-10-24T02:30", "Sun 2026-10-25 02:30"),
    ],
)
def test_hours_are_elapsed_time_over_a_change_of_clocks(start: str, due: str) -> None:
    began = datetime.fromisoformat(start).replace(tzinfo=BRUSSELS)
    clock = deadline(custom("Europe/Brussels", "hours", 24), "it", began)
    assert clock.due - began.astimezone(UTC) == timedelta(hours=24)
    assert local(clock) == due


@pytest.mark.parametrize(
    ("start", "length"), [("2026-03-28T12:00", 23), ("2026-10-24T12:00", 25), ("2026-06-01T12:00", 24)]
)
def test_a_day_is_as_long_as_the_zone_makes_it(start: str, length: int) -> None:
    began = datetime.fromisoformat(start).replace(tzinfo=BRUSSELS)
    clock = deadline(custom("Europe/Brussels", "calendar_days", 1), "it", began)
    assert local(clock).endswith("00:00")
    opens = start_of_day(clock.due.astimezone(BRUSSELS).date() - timedelta(days=1), BRUSSELS)
    assert clock.due - opens == timedelta(hours=length)


@pytest.mark.parametrize("fold", [0, 1])
def test_an_hour_that_comes_twice_gives_two_deadlines(fold: int) -> None:
    began = datetime(2026, 10, 25, 2, 30, tzinfo=BRUSSELS, fold=fold)
    clock = deadline(custom("Europe/Brussels", "hours", 1), "it", began)
    assert clock.due == datetime(2026, 10, 25, 1 + fold, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "first"),
    [
        ("Europe/Brussels", date(2026, 3, 29), "00:00"),
        ("Europe/Brussels", date(2026, 10, 25), "00:00"),
        ("America/Havana", date(2026, 3, 8), "01:00"),
        ("America/Havana", date(2026, 11, 1), "00:00"),
        ("Africa/Cairo", date(2026, 4, 24), "01:00"),
        ("America/Santiago", date(2026, 9, 6), "01:00"),
        ("America/Toronto", date(1919, 3, 31), "00:30"),
        ("Asia/Shanghai", date(2026, 1, 1), "00:00"),
        ("Australia/Lord_Howe", date(2026, 10, 4), "00:00"),
    ],
)
def test_the_first_instant_of_a_day(zone: str, day: date, first: str) -> None:
    where = ZoneInfo(zone)
    instant = start_of_day(day, where)
    assert instant.astimezone(where).strftime("%H:%M") == first
    assert instant.astimezone(where).date() == day
    assert (instant - timedelta(seconds=1)).astimezone(where).date() < day


def test_a_day_the_zone_never_had_begins_with_the_next() -> None:
    apia = ZoneInfo("Pacific/Apia")
    assert start_of_day(date(2011, 12, 30), apia).astimezone(apia).date() == date(2011, 12, 31)


@given(
    day=st.dates(date(2000, 1, 1), date(2035, 12, 31)),
    zone=st.sampled_from(["Asia/Shanghai", "Europe/Brussels", "America/Havana", "Africa/Cairo", "Asia/Beirut", "UTC"]),
)
def test_days_begin_where_the_date_turns(day: date, zone: str) -> None:
    where = ZoneInfo(zone)
    instant = start_of_day(day, where)
    assert instant.astimezone(where).date() == day
    assert (instant - timedelta(seconds=1)).astimezone(where).date() == day - timedelta(days=1)


# -------------------------------------------------------------------------------- a year without a calendar
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_missing_year_gives_the_earlier_bound_and_says_so(language: str) -> None:
    start = datetime(2026, 12, 29, 17, tzinfo=SHANGHAI)
    clock = deadline(stack(), "complaint_decide", start, language=language)
    assert local(clock) == "Wed 2027-01-06 00:00", "as if New Year 2027 were a working day"
    assert "2027" in clock.warning
    assert "no 2027" in clock.calendar
    assert ("no calendar for this year" if language == "en" else "该年无日历") in clock.working


def test_an_operators_year_fills_the_gap_and_overrides() -> None:
    text = (
        'format = "modstation.calendar/1"\ncalendar = "cn"\nyear = 2027\nversion = "cn-2027.op"\nsource = "operator"\n'
        'weekend = [6, 7]\n[[off]]\nfrom = 2027-01-01\nto = 2027-01-03\nname = { en = "New Year", zh = "元旦" }\n'
    )
    start = datetime(2026, 12, 29, 17, tzinfo=SHANGHAI)
    clock = deadline(stack(), "complaint_decide", start, extra=[read_year(text)])
    assert local(clock) == "Thu 2027-01-07 00:00"
    assert not clock.warning
    assert clock.calendar == "cn-2026.1, cn-2027.op"


def test_a_year_without_calendar_is_warned_of_on_the_rail_too() -> None:
    law = stack().profiles[0]
    rule = ClockRule("it", "item.found", ("x",), 5, "business_days", "house")
    judged = ProfileStack((replace(law, clocks=(rule,)), *stack().profiles[1:]))
    s = situation(found=datetime(2026, 12, 29, tzinfo=UTC), now=datetime(2026, 12, 29, 1, tzinfo=UTC))
    assert any("2027" in chip for chip in plan(judged, s, "ill.fraud", [REMOVE]).chips)


@given(start=st.datetimes(datetime(2025, 1, 1), datetime(2026, 11, 30)), amount=st.integers(1, 15))
def test_so_many_working_days_lie_between_receipt_and_due(start: datetime, amount: int) -> None:
    began = start.replace(tzinfo=SHANGHAI)
    clock = deadline(custom("Asia/Shanghai", "business_days", amount, "cn"), "it", began)
    days = calendar("cn")
    last = clock.due.astimezone(SHANGHAI).date() - timedelta(days=1)
    span = [began.date() + timedelta(days=n) for n in range(1, (last - began.date()).days + 1)]
    assert sum(days.of(day).works for day in span) == amount
    assert days.of(last).works
    assert clock.due > began


# -------------------------------------------------------------------------------- what starts and stops
def test_an_illegal_item_is_to_be_judged_reportable_within_twelve_hours_of_finding() -> None:
    s = situation()
    made = plan(stack(), s, "ill.fraud", [REMOVE])
    assert [(clock.id, clock.due) for clock in made.clocks] == [("reportable_judged", s.found + timedelta(hours=12))]
    assert made.chips == ("12 h: house rule",)


def test_a_decision_that_stops_nothing_leaves_the_legal_clock_running() -> None:
    made = plan(stack(), situation(), "ill.fraud", [WARN])
    assert [clock.id for clock in made.clocks] == ["reportable_judged", "stop_transmission"]
    assert "30 min: P2017 art. 7, CSL art. 47 (now 49, unverified)" in made.chips


@pytest.mark.parametrize(
    "policy", ["terms.spam", "terms.insult", "none", "care.person_in_danger", "acct.impersonation"]
)
def test_house_terms_start_no_legal_duty(policy: str) -> None:
    assert plan(stack(), situation(), policy, None).clocks == ()


def test_clocks_that_an_event_starts() -> None:
    assert [c.id for c in clocks_on(stack(), "complaint.received", NOW)] == ["complaint_ack", "complaint_decide"]
    assert [c.id for c in clocks_on(stack(), "measure.acknowledged:hide", NOW, "ill.terrorism")] == [
        "severe_second_person"
    ]
    assert clocks_on(stack(), "measure.acknowledged:hide", NOW, "ill.fraud") == ()
    assert clocks_on(stack(), "measure.acknowledged:hide", NOW) == ()
    assert [c.id for c in clocks_on(stack(*EU), "decision.applied", NOW, "terms.spam")] == [
        "sor_to_user",
        "sor_to_database",
    ]


def test_reports_run_from_finding_once_somebody_judged_it_reportable() -> None:
    found = reportable_clocks(stack(), NOW, "ill.fraud")
    assert {clock.id: clock.house for clock in found} == {"report_police": False, "report_cac": True}
    assert {clock.start for clock in found} == {NOW}
    assert "report_police" not in {c.id for c in clocks_on(stack(), "item.found", NOW, "ill.fraud")}


@pytest.mark.parametrize(
    ("event", "ids"),
    [
        ("measure.acknowledged:remove", {"stop_transmission"}),
        ("measure.acknowledged:mute", set()),
        ("report.sent:police_local", {"report_police"}),
        ("complaint.answered", {"complaint_decide"}),
        ("approval.refused", {"severe_second_person"}),
        ("manager.verified", {"manager_recheck"}),
    ],
)
def test_clocks_that_an_event_stops(event: str, ids: set[str]) -> None:
    assert set(stops(stack(), event)) == ids


def test_an_unknown_clock_is_named_with_those_there_are() -> None:
    with pytest.raises(NotFound, match="complaint_ack"):
        deadline(stack(), "no_such", NOW)


@pytest.mark.parametrize("names", [CN, EU])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_clock_has_a_name_and_a_working_in_both_languages(names: tuple[str, ...], language: str) -> None:
    for rule in stack(*names).clocks:
        clock = deadline(stack(*names), rule.id, NOW, language=language)
        assert clock.name
        assert clock.name != rule.id
        assert clock.due > clock.start
        assert clock.zone in clock.working
        assert clock.due.tzinfo is UTC
        assert clock.amount


def test_measures_that_stop_a_clock_are_those_of_the_profile() -> None:
    ends = {name.partition(":")[2] for rule in stack().clocks for name in rule.stops if ":" in name}
    assert {"hide", "remove", "purge"} <= ends
    assert Measure.HIDE in ends
