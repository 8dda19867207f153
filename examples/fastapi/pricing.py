"""What a room costs on a day: more, the nearer a holiday is."""

import os
from datetime import date, timedelta
from functools import lru_cache

HOLIDAYS = {(1, 1), (1, 6), (5, 1), (8, 15), (10, 12), (11, 1), (12, 6), (12, 8), (12, 25)}


def days_to_holiday(day: date) -> int:
    """The days to the nearest holiday, before or after, looked for day by day through a whole year. That is slow."""
    nearest = 366
    for offset in range(-183, 184):
        other = date.fromordinal(day.toordinal() + offset)
        if (other.month, other.day) in HOLIDAYS and abs(offset) < nearest:
            nearest = abs(offset)
    return nearest


if os.environ.get("TUNED") == "1":
    # A day is as far from a holiday as it was for the guest before.
    days_to_holiday = lru_cache(maxsize=4096)(days_to_holiday)


def day_price_cents(base_cents: int, day: date) -> int:
    weekend = 1.2 if day.weekday() >= 4 else 1.0
    holiday = 1.5 if days_to_holiday(day) <= 3 else 1.0
    return round(base_cents * weekend * holiday)


def price_calendar(base_cents: int, first_day: date, days: int) -> dict[date, int]:
    """The price of every day from `first_day` on."""
    wanted = (first_day + timedelta(days=number) for number in range(days))
    return {day: day_price_cents(base_cents, day) for day in wanted}
