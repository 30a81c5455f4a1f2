"""Calendars as data: days off, make-up working days, faults of a file."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from modstation.models.errors import BadInput
from modstation.regulation import calendar, read_year
from modstation.regulation.calendars import shipped_years

GOOD = (
    'format = "modstation.calendar/1"\ncalendar = "x"\nyear = 2026\nversion = "x-1"\nsource = "s"\nweekend = [6, 7]\n'
)


@pytest.mark.parametrize(
    ("day", "works", "name"),
    [
        (date(2026, 10, 1), False, "国庆节"),
        (date(2026, 10, 7), False, "国庆节"),
        (date(2026, 10, 8), True, ""),
        (date(2026, 10, 10), True, "国庆节调休"),
        (date(2026, 10, 11), False, ""),
        (date(2026, 9, 20), True, "国庆节调休"),
        (date(2026, 2, 14), True, "春节调休"),
        (date(2026, 2, 23), False, "春节"),
        (date(2026, 2, 24), True, ""),
        (date(2025, 10, 8), False, "国庆节"),
        (date(2025, 10, 11), True, "国庆节调休"),
    ],
)
def test_chinese_days(day: date, works: bool, name: str) -> None:
    kind = calendar("cn").of(day)
    assert (kind.works, kind.name.get("zh-Hans"), kind.known) == (works, name, True)


def test_working_days_of_the_chinese_year_2026() -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    assert sum(calendar("cn").of(day).works for day in days) == 248
    assert sum(day in calendar("cn").years[2026].work for day in days) == 6


@pytest.mark.parametrize(
    ("year", "friday", "monday"),
    [(2025, (4, 18), (4, 21)), (2026, (4, 3), (4, 6)), (2027, (3, 26), (3, 29)), (2028, (4, 14), (4, 17))],
)
def test_target_is_closed_on_six_days(year: int, friday: tuple[int, int], monday: tuple[int, int]) -> None:
    target = calendar("eu-target")
    closed = {day for day in target.years[year].off if day.year == year}
    assert closed == {
        date(year, 1, 1),
        date(year, *friday),
        date(year, *monday),
        date(year, 5, 1),
        date(year, 12, 25),
        date(year, 12, 26),
    }
    assert date(year, *friday) == easter(year) - timedelta(days=2)
    assert date(year, *monday) == easter(year) + timedelta(days=1)


def easter(year: int) -> date:
    """Easter Sunday by the anonymous Gregorian rule."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    ll = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * ll) // 433
    month = (h + ll - 7 * m + 90) // 25
    return date(year, month, (h + ll - 7 * m + 33 * month + 19) % 32)


def test_an_unknown_year_counts_monday_to_friday_and_knows_nothing() -> None:
    kind = calendar("cn").of(date(2031, 10, 1))
    assert (kind.works, kind.known) == (True, False)
    assert not calendar("cn").of(date(2031, 10, 4)).works
    assert calendar("cn").version([2026, 2031]) == "cn-2026.1, no 2031"
    assert calendar("").version([2031]) == "Mon-Fri"


def test_every_shipped_year_names_source_and_version_and_no_day_twice() -> None:
    seen = set()
    for year in shipped_years():
        assert year.source
        assert year.version.startswith(f"{year.calendar}-{year.year}")
        assert not set(year.off) & set(year.work)
        assert all(day.isoweekday() in year.weekend for day in year.work), "a make-up day lies on a weekend"
        seen.add((year.calendar, year.year))
    assert len(seen) == len(shipped_years())


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("nonsense =", "Invalid"),
        (GOOD.replace("calendar/1", "calendar/9"), "format"),
        (GOOD.replace('version = "x-1"\n', ""), "version"),
        (GOOD.replace("[6, 7]", '"sat"'), "weekend"),
        (GOOD.replace("2026", '"2026"'), "year"),
        (GOOD + "[[off]]\nfrom = 2026-05-02\nto = 2026-05-01\nname = { en = 'x' }\n", "no span"),
        (GOOD + "[[off]]\nfrom = 2025-12-31\nto = 2026-01-01\nname = { en = 'x' }\n", "2025-12-31"),
        (GOOD + "[[off]]\nfrom = 2026-01-01\nto = 2026-01-01\nname = 'x'\n", "name"),
        (GOOD + "off = 3\n", "off"),
    ],
)
def test_a_faulty_calendar_is_refused_with_its_fault(text: str, word: str) -> None:
    with pytest.raises(BadInput, match=word):
        read_year(text, "mine.toml")


def test_a_whole_calendar_is_read() -> None:
    year = read_year(GOOD + "[[work]]\nday = 2026-01-03\nname = { en = 'x' }\n")
    assert year.of(date(2026, 1, 3)).works
    assert not year.of(date(2026, 1, 4)).works
    assert calendar("x", [year]).of(date(2026, 1, 3)).works
