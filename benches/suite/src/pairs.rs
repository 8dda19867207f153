//! What is held against what: a constant for each repair, from which its benchmark takes the names, and the table of all.

use crate::pair::Pair;

/// Understanding a message, the patterns compiled for each or once.
pub const COMPILED_ONCE: Pair =
    Pair::cpu("understand a message", "patterns compiled for each", "patterns compiled once")
        .claimed(0.30, "30–50 %")
        .remarked("On twelve messages of the stream, since compiling takes so long. Both try every pattern.");

/// Settling what a message wants, by all patterns or by no more than it takes.
pub const SETTLED_EARLY: Pair = Pair::cpu("settle what a message wants", ALL_TRIED, FIRST_MATCH)
    .claimed(0.20, "20–30 %")
    .remarked("The claim names no function: it is held against the one that tries the patterns.");

/// Understanding a message, all patterns tried or no more than it takes.
pub const UNDERSTOOD_EARLY: Pair =
    Pair::cpu("understand a message, patterns compiled once", ALL_TRIED, FIRST_MATCH).remarked(
        "The same repair in all that is done for a message: spelling, guests and dates cost as before.",
    );

const ALL_TRIED: &str = "every pattern tried";
const FIRST_MATCH: &str = "first match settles it";

/// Reading the dates that a message names.
pub const REMEMBERED_DATES: Pair =
    Pair::cpu("read a date phrase", "parsed anew", "remembered").claimed(0.50, "50–70 %").remarked(
        "70 % of the phrases have come before; the documents say 70 %. The stream is made so that they have: \
                   nobody has counted real messages.",
    );

/// The price of a stay of one night.
pub const WEEKEND_1_NIGHT: Pair = weekend("price a stay, 1 night")
    .remarked("With one night there is no loop to save, only that its weekday is named in words.");

/// The price of a stay of a week.
pub const WEEKEND_7_NIGHTS: Pair = weekend("price a stay, 7 nights")
    .claimed(0.20, "20–30 %")
    .remarked("The claim names no length of stay: it is held against a week.");

/// The price of a stay of a month.
pub const WEEKEND_30_NIGHTS: Pair = weekend("price a stay, 30 nights");

/// The price of a stay of a year.
pub const WEEKEND_365_NIGHTS: Pair = weekend("price a stay, 365 nights");

const fn weekend(group: &'static str) -> Pair {
    Pair::cpu(group, "night by night", "closed form")
}

/// Two more statements for each row.
const N_PLUS_ONE: &str = "N+1";

/// What the documents say of a page of a hundred.
const LIST_STATED: &str = "97 % (102.5 → 3.5 ms)";

/// A page of the admin list, in two batches more and with one join.
const fn admin_list(group: &'static str) -> [Pair; 2] {
    [Pair::wall(group, N_PLUS_ONE, "batched"), Pair::wall(group, N_PLUS_ONE, "join")]
}

/// A page of one row: batched, joined.
pub const ADMIN_LIST_1: [Pair; 2] = admin_list("admin list, 1 row");
/// A page of ten rows: batched, joined.
pub const ADMIN_LIST_10: [Pair; 2] = admin_list("admin list, 10 rows");
/// A page of a hundred rows: batched, joined.
pub const ADMIN_LIST_100: [Pair; 2] = {
    let [batched, joined] = admin_list("admin list, 100 rows");
    [
        batched,
        joined.claimed(0.97, LIST_STATED).remarked(
            "The database is on the same machine, so the 200 statements that are saved have short ways.",
        ),
    ]
};
/// The same from a database on a network: batched, joined.
pub const ADMIN_LIST_100_FAR: [Pair; 2] = {
    let [batched, joined] = admin_list("admin list, 100 rows, database 0.5 ms away");
    [
        batched,
        joined.claimed(0.97, LIST_STATED).remarked(
            "What is sent to the database is held back for half a millisecond. The delay is chosen by the claim, whose 102.5 ms are \
             that much for each of 201 statements; what each takes here comes on top.",
        ),
    ]
};

/// What is measured without the index that would help.
const NO_INDEX: &str = "no index";

/// The statement that expires stale pre-reservations, by any `expires_at`.
pub const EXPIRY_FULL_INDEX: Pair = Pair::wall("expiry clean-up", NO_INDEX, "full index");
/// The same by `expires_at` of pre-reservations alone.
pub const EXPIRY_PARTIAL_INDEX: Pair =
    Pair::wall(EXPIRY_FULL_INDEX.group, NO_INDEX, "partial index").claimed(0.55, "55 %").remarked(
        "The statement without its commit, for 10 stale of 50 000 reservations. The admin list's index, in which the job would \
         find them by status, is absent.",
    );

/// A page of the admin list and the count of all its rows, by status and dates.
pub const STATUS_AND_DATES: Pair =
    Pair::wall("list by status and dates", NO_INDEX, "composite index").claimed(0.30, "30 %");

/// Which rooms are free.
pub const AVAILABILITY: Pair = Pair::wall("availability", "no GiST index", "GiST index");
/// Booking free dates, committed: checked by a query before, or by the constraint.
pub const OVERLAP_CHECK: Pair =
    Pair::wall("overlap check of a booking", "query, no index", "exclusion constraint")
        .remarked("Each booking is committed, and so waits for the disk in both.");

/// 64 bookings by eight at once, held apart by one lock for all rooms, or one for each.
pub const BOOKING_ROOM_LOCK: Pair =
    Pair::wall("64 bookings of 4 rooms", "one Redis lock for all", "Redis lock per room").remarked(
        "The lock for all is also asked for every 50 ms instead of every 4 to 12, and held while the price is looked up.",
    );
/// The same with an advisory lock of Postgres.
pub const BOOKING_ADVISORY_LOCK: Pair =
    Pair::wall(BOOKING_ROOM_LOCK.group, BOOKING_ROOM_LOCK.before, "advisory lock per room");
/// The same without any lock.
pub const BOOKING_CONSTRAINT: Pair =
    Pair::wall(BOOKING_ROOM_LOCK.group, BOOKING_ROOM_LOCK.before, "constraint alone").remarked(
        "Without a lock two overlapping inserts can wait for each other, until Postgres ends one of them after a second. \
         The median leaves those out: by the mean this was slower than either lock per room.",
    );

/// Some thousand rows over HTTP, to the last byte.
pub const CSV_EXPORT: Pair = Pair::wall("CSV export", N_PLUS_ONE, "streamed join");

/// Every pair, in the order of the table. The claims are requirement R4.3.
pub const PAIRS: &[Pair] = &[
    COMPILED_ONCE,
    SETTLED_EARLY,
    UNDERSTOOD_EARLY,
    REMEMBERED_DATES,
    WEEKEND_1_NIGHT,
    WEEKEND_7_NIGHTS,
    WEEKEND_30_NIGHTS,
    WEEKEND_365_NIGHTS,
    ADMIN_LIST_1[0],
    ADMIN_LIST_1[1],
    ADMIN_LIST_10[0],
    ADMIN_LIST_10[1],
    ADMIN_LIST_100[0],
    ADMIN_LIST_100[1],
    ADMIN_LIST_100_FAR[0],
    ADMIN_LIST_100_FAR[1],
    EXPIRY_FULL_INDEX,
    EXPIRY_PARTIAL_INDEX,
    STATUS_AND_DATES,
    AVAILABILITY,
    OVERLAP_CHECK,
    BOOKING_ROOM_LOCK,
    BOOKING_ADVISORY_LOCK,
    BOOKING_CONSTRAINT,
    CSV_EXPORT,
];
