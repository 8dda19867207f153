"""The tables, and the way to the database."""

import os
from datetime import date

from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Room(Base):
    __tablename__ = "rooms"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    base_cents: Mapped[int]


class Booking(Base):
    __tablename__ = "bookings"

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"), index=True)
    guest: Mapped[str]
    check_in: Mapped[date]
    check_out: Mapped[date]
    price_cents: Mapped[int]
    # Loaded when it is first read, unless a query asks for it: SQLAlchemy's default.
    extras: Mapped[list["Extra"]] = relationship(order_by="Extra.id")


class Extra(Base):
    __tablename__ = "extras"

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("bookings.id"), index=True)
    name: Mapped[str]
    price_cents: Mapped[int]


def database_url() -> URL:
    """`DATABASE_URL` as other programs take it, for psycopg 3."""
    url = make_url(os.environ.get("DATABASE_URL", "postgresql:///booking"))
    return url.set(drivername="postgresql+psycopg")


engine = create_engine(database_url(), pool_size=10, max_overflow=10)
