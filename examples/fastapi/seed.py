"""Makes the tables and fills them, always with the same rows: `python seed.py [bookings]`. What was there is dropped."""

import random
import sys
from datetime import date, timedelta

from sqlalchemy import insert, text

from database import Base, Booking, Extra, Room, engine

ROOMS = 40
FIRST_DAY = date(2020, 1, 1)
EXTRAS = {"breakfast": 1200, "parking": 1500, "cot": 800, "late check-out": 2000}


def main(booking_count: int) -> None:
    chance = random.Random(42)
    rooms = [
        {"id": number, "name": f"Room {number}", "base_cents": 100 * chance.randint(60, 200)}
        for number in range(1, ROOMS + 1)
    ]
    next_free = dict.fromkeys(range(1, ROOMS + 1), FIRST_DAY)
    bookings, extras = [], []
    for number in range(1, booking_count + 1):
        room = rooms[number % ROOMS]
        check_in = next_free[room["id"]] + timedelta(days=chance.randint(0, 3))
        nights = chance.randint(1, 7)
        check_out = next_free[room["id"]] = check_in + timedelta(days=nights)
        bookings.append(
            {
                "room_id": room["id"],
                "guest": f"Guest {chance.randint(1, 5000)}",
                "check_in": check_in,
                "check_out": check_out,
                "price_cents": nights * room["base_cents"],
            }
        )
        for name in chance.sample(sorted(EXTRAS), chance.randint(0, 3)):
            extras.append({"booking_id": number, "name": name, "price_cents": EXTRAS[name]})
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(Room), rooms)
        # The sequences count the rows of the two below; the rooms have their numbers already.
        connection.execute(insert(Booking), bookings)
        connection.execute(insert(Extra), extras)
        connection.execute(text("SELECT setval('rooms_id_seq', :last)"), {"last": ROOMS})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    print(f"{len(rooms)} rooms, {len(bookings)} bookings, {len(extras)} extras")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
