"""Local time of every zone of this machine, beside Python's reading of the same files."""

import datetime as dt
import random
import subprocess
import zoneinfo

import pytest

from harness import BUILD

EPOCH = dt.datetime(1970, 1, 1)
UTC = dt.timezone.utc
FIRST, LAST = 1970, 2120
HALVES = ("Europe/Copenhagen", "America/New_York", "Australia/Sydney", "America/Santiago",
          "Europe/Dublin", "Africa/Casablanca", "Asia/Shanghai", "Australia/Lord_Howe",
          "America/Sao_Paulo", "Pacific/Apia", "Asia/Kolkata", "Africa/Cairo", "Asia/Gaza")


def ask(questions):
    text = "".join(f"{' '.join(map(str, q))}\n" for q in questions)
    done = subprocess.run([BUILD / "tests/integration/drive_zone"], input=text, text=True,
                          check=True, capture_output=True, timeout=60)
    return done.stdout.split()


def compare(questions, expected):
    answers = ask(questions)
    assert len(answers) == len(expected) > 0
    wrong = [(q, a, e) for q, a, e in zip(questions, answers, expected) if a != str(e)]
    assert not wrong, (len(wrong), wrong[:5])


def seconds(naive):
    return int((naive - EPOCH).total_seconds())


def moment(naive, zone):
    """Of a local time: the first of two, and by the clock before a leap."""
    offset = naive.replace(tzinfo=zone).utcoffset()
    return seconds(naive) - int(offset.total_seconds())


def offset_at(t, zone):
    return int((EPOCH + dt.timedelta(seconds=t)).replace(tzinfo=UTC).astimezone(zone)
               .utcoffset().total_seconds())


def zones():
    return sorted(n for n in zoneinfo.available_timezones() if n != "localtime")


def turns(zone, year):
    """The moments of a year at which the clock changes."""
    first = seconds(dt.datetime(year, 1, 1))
    found = []
    for day in range(0, 366):
        low, high = first + day * 86400, first + (day + 1) * 86400
        if offset_at(low, zone) == offset_at(high, zone):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            same = offset_at(middle, zone) == offset_at(low, zone)
            low, high = (middle, high) if same else (low, middle)
        found.append(high)
    return found


def draw(r):
    return r.randrange(seconds(dt.datetime(FIRST, 1, 2)), seconds(dt.datetime(LAST, 1, 1)))


def test_any_moment_in_any_zone():
    r = random.Random(4)
    questions, expected = [], []
    for name in zones():
        zone = zoneinfo.ZoneInfo(name)
        for _ in range(40):
            t = draw(r)
            questions += [(name, "offset", t), (name, "utc", t)]
            expected += [offset_at(t, zone), moment(EPOCH + dt.timedelta(seconds=t), zone)]
    assert len(questions) > 20000
    compare(questions, expected)


@pytest.mark.parametrize("name", HALVES)
def test_around_every_change_of_the_clock(name):
    zone = zoneinfo.ZoneInfo(name)
    questions, expected = [], []
    for year in (2007, 2016, 2024, 2026, 2028, 2037, 2038, 2044, 2100):
        for at in turns(zone, year):
            for near in (-7200, -3601, -3600, -1801, -1, 0, 1, 1799, 1800, 3599, 3600, 7200):
                questions.append((name, "offset", at + near))
                expected.append(offset_at(at + near, zone))
            for side in (offset_at(at - 1, zone), offset_at(at, zone)):
                for near in (-5400, -1800, -1, 0, 1, 900, 1800, 5400):
                    local = at + side + near
                    questions.append((name, "utc", local))
                    expected.append(moment(EPOCH + dt.timedelta(seconds=local), zone))
    for year in range(2024, 2032):  # year ends and leap days
        for day in (dt.datetime(year, 12, 31, 23, 59, 59), dt.datetime(year, 1, 1),
                    dt.datetime(year, 2, 28, 12), dt.datetime(year, 3, 1)):
            questions.append((name, "utc", seconds(day)))
            expected.append(moment(day, zone))
    compare(questions, expected)


@pytest.mark.parametrize("name", HALVES)
def test_a_promise_is_due_by_the_clock_on_the_wall(name):
    """"In N days at H:MM", said at any time."""
    r = random.Random(name)
    zone = zoneinfo.ZoneInfo(name)
    questions, expected = [], []
    special = [t + r.randrange(-3, 1) * 86400 + r.randrange(86400)
               for year in (2026, 2027, 2028) for t in turns(zone, year) for _ in range(40)]
    special += [seconds(dt.datetime(2027, 12, 30)) + r.randrange(3 * 86400) for _ in range(100)]
    special += [seconds(dt.datetime(2028, 2, 27)) + r.randrange(3 * 86400) for _ in range(100)]
    for now in special + [draw(r) for _ in range(300)]:
        days, hour, minute = r.randrange(1, 5), r.randrange(24), r.choice((0, 15, 30, 45))
        local = EPOCH + dt.timedelta(seconds=now + offset_at(now, zone))
        named = dt.datetime.combine(local.date() + dt.timedelta(days=days),
                                    dt.time(hour, minute))
        due = moment(named, zone)
        questions.append((name, "due", now, days, hour, minute))
        expected.append(due if due > now else
                        seconds(named) - offset_at(now, zone))
    compare(questions, expected)


def test_a_zone_that_is_not_there():
    assert ask([("Mars/Olympus", "offset", 0), ("Europe", "offset", 0),
                ("UTC", "offset", 0)]) == ["absent", "absent", "0"]
