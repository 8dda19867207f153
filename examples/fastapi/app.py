"""A small booking service: FastAPI and SQLAlchemy on Postgres.

It has two faults on purpose: the list of bookings loads the extras of each booking by a query of its own (N+1), and the prices of
a calendar are computed slowly. `TUNED=1` in the environment mends both.
"""

import os
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query
from pydantic import BaseModel, Field
from sqlalchemy import exists, select
from sqlalchemy.orm import Session, selectinload

from database import Booking, Room, engine
from pricing import price_calendar

TUNED = os.environ.get("TUNED") == "1"
CALENDAR_DAYS = 180

app = FastAPI(title="Booking")


def session() -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


Database = Annotated[Session, Depends(session)]


class NewBooking(BaseModel):
    room_id: int
    guest: str = Field(min_length=1, max_length=100)
    check_in: date
    nights: int = Field(ge=1, le=30)


def booking_out(booking: Booking) -> dict:
    return {
        "id": booking.id,
        "room_id": booking.room_id,
        "guest": booking.guest,
        "check_in": booking.check_in,
        "check_out": booking.check_out,
        "price_cents": booking.price_cents,
        "extras": [extra.name for extra in booking.extras],
    }


@app.get("/health")
def health() -> dict:
    return {"status": "ok"}


@app.get("/rooms")
def rooms(database: Database) -> dict:
    found = database.scalars(select(Room).order_by(Room.id))
    return {"items": [{"id": room.id, "name": room.name, "base_cents": room.base_cents} for room in found]}


@app.get("/rooms/{room_id}/quote")
def quote(database: Database, room_id: int, check_in: date, nights: Annotated[int, Query(ge=1, le=30)]) -> dict:
    room = database.get(Room, room_id)
    if room is None:
        raise HTTPException(404, "there is no such room")
    calendar = price_calendar(room.base_cents, check_in, CALENDAR_DAYS)
    stay = (check_in + timedelta(days=night) for night in range(nights))
    return {
        "room_id": room.id,
        "price_cents": sum(calendar[night] for night in stay),
        "calendar": [{"day": day, "price_cents": cents} for day, cents in calendar.items()],
    }


@app.get("/bookings")
def bookings(
    database: Database,
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> dict:
    query = select(Booking).order_by(Booking.id).limit(limit).offset(offset)
    if TUNED:
        query = query.options(selectinload(Booking.extras))
    return {"items": [booking_out(booking) for booking in database.scalars(query)]}


@app.get("/bookings/{booking_id}")
def booking(database: Database, booking_id: int) -> dict:
    found = database.get(Booking, booking_id)
    if found is None:
        raise HTTPException(404, "there is no such booking")
    return booking_out(found)


@app.post("/bookings", status_code=201)
def book(database: Database, wanted: NewBooking) -> dict:
    check_out = wanted.check_in + timedelta(days=wanted.nights)
    # Locked, so that nobody else books this room between the question and the answer.
    room = database.get(Room, wanted.room_id, with_for_update=True)
    if room is None:
        raise HTTPException(404, "there is no such room")
    overlaps = exists().where(
        Booking.room_id == room.id, Booking.check_in < check_out, Booking.check_out > wanted.check_in
    )
    if database.scalar(select(overlaps)):
        raise HTTPException(409, "somebody was faster")
    prices = price_calendar(room.base_cents, wanted.check_in, wanted.nights)
    made = Booking(
        room_id=room.id,
        guest=wanted.guest,
        check_in=wanted.check_in,
        check_out=check_out,
        price_cents=sum(prices.values()),
    )
    database.add(made)
    database.commit()
    return booking_out(made)
