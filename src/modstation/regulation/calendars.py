"""Calendars of working days as dated data: days off and make-up working days, one file a year."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources

from modstation.models.errors import BadInput

from .blocks import Text

FORMAT = "modstation.calendar/1"

_NO_NAME = Text()


@dataclass(frozen=True, slots=True)
class DayKind:
    """What a day is in a calendar: whether people work, and the name of the reason ("" for an ordinary day).

    `known` is false where no calendar covers the year; then Monday to Friday count as working days.
    """

    works: bool
    name: Text = _NO_NAME
    known: bool = True


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """One year of a calendar. `version` is stored with every deadline counted by it. `weekend` are ISO weekdays."""

    calendar: str
    year: int
    version: str
    source: str
    weekend: frozenset[int]
    off: Mapping[date, Text]
    work: Mapping[date, Text]

    def of(self, day: date) -> DayKind:
        """What this day of the year is. A make-up working day beats a weekend, a day off beats both."""
        if day in self.off:
            return DayKind(False, self.off[day])
        if day in self.work:
            return DayKind(True, self.work[day])
        return DayKind(day.isoweekday() not in self.weekend)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The years of a calendar that are known."""

    name: str
    years: Mapping[int, CalendarYear]

    def of(self, day: date) -> DayKind:
        """What this day is; in a year without a file Monday to Friday work, and `known` says that nobody knows."""
        year = self.years.get(day.year)
        return year.of(day) if year else DayKind(day.isoweekday() <= 5, known=False)

    def version(self, years: Iterable[int]) -> str:
        """Versions of the files of these years, as deadlines store them; a missing year is named as missing."""
        versions = (self.years[year].version if year in self.years else f"no {year}" for year in sorted(set(years)))
        return ", ".join(versions) if self.name else "Mon-Fri"


def read_year(data: str, name: str = "calendar") -> CalendarYear:
    """A year from the text of its file. Raises BadInput naming what is wrong."""
    try:
        raw = tomllib.loads(data)
        if raw["format"] != FORMAT:
            raise ValueError(f"format must be {FORMAT}")
        year = _year(raw)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadInput(f"The calendar {name} cannot be used.", str(error), "Mend the file.") from error
    stray = [day for day in (*year.off, *year.work) if day.year != year.year]
    if stray:
        raise BadInput(f"The calendar {name} cannot be used.", f"{stray[0]} is not in {year.year}.", "Mend the file.")
    return year


def _year(raw: Mapping[str, object]) -> CalendarYear:
    off: dict[date, Text] = {}
    for block in _blocks(raw, "off"):
        first, last = block["from"], block["to"]
        if not isinstance(first, date) or not isinstance(last, date) or last < first:
            raise ValueError(f"{first} to {last} is no span of days")
        off.update({first + timedelta(days=n): _text(block) for n in range((last - first).days + 1)})
    work = {day: _text(block) for block in _blocks(raw, "work") if isinstance(day := block["day"], date)}
    weekend = raw["weekend"]
    number = raw["year"]
    if not isinstance(weekend, list) or not isinstance(number, int):
        raise ValueError("weekend must be a list and year a number")
    return CalendarYear(
        str(raw["calendar"]), number, str(raw["version"]), str(raw["source"]), frozenset(weekend), off, work
    )


def _blocks(raw: Mapping[str, object], key: str) -> list[Mapping[str, object]]:
    found = raw.get(key, [])
    if not isinstance(found, list) or not all(isinstance(block, Mapping) for block in found):
        raise ValueError(f"[[{key}]] must be a list of blocks")
    return found


def _text(block: Mapping[str, object]) -> Text:
    name = block["name"]
    if not isinstance(name, Mapping):
        raise ValueError("a name must be a table of languages")
    return Text(tuple((str(language), str(text)) for language, text in name.items()))


@cache
def shipped_years() -> tuple[CalendarYear, ...]:
    """Every calendar year that comes with the program."""
    folder = resources.files("modstation") / "resources" / "calendars"
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda entry: entry.name)
    return tuple(read_year(entry.read_text("utf-8"), entry.name) for entry in files)


def calendar(name: str, extra: Iterable[CalendarYear] = ()) -> Calendar:
    """The calendar of that name; `extra` years of an operator replace shipped ones. "" counts Monday to Friday."""
    if not name:
        return Calendar("", {})
    years = (year for year in (*shipped_years(), *extra) if year.calendar == name)
    return Calendar(name, {year.year: year for year in years})
