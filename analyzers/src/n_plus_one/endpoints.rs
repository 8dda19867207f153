//! The eleven endpoints on which the method was measured (`FastAPI` and `SQLAlchemy`), on paper: what each sends is what was
//! counted there.

use rand::Rng;

use aforo_model::database::CallPattern;

use super::simulation::{Endpoint, Probe, Request};

pub(super) const BOOKS: &str = "SELECT id, title, author_id FROM books ORDER BY id LIMIT $1 OFFSET $2";
pub(super) const AUTHORS: &str = "SELECT id, name FROM authors ORDER BY id LIMIT $1 OFFSET $2";
pub(super) const AUTHOR: &str = "SELECT id, name FROM authors WHERE id = $1";
const BOOKS_OF: &str = "SELECT id, title FROM books WHERE author_id = $1";
const REVIEWS_OF: &str = "SELECT id, stars FROM reviews WHERE book_id = $1";
const INSERT: &str = "INSERT INTO books (title, author_id) VALUES ($1, $2)";

fn in_list(head: &str, length: u64) -> String {
    let parameters: Vec<String> = (1..=length).map(|number| format!("${number}")).collect();
    format!("{head} IN ({})", parameters.join(", "))
}

pub(super) fn lazy(request: &mut Request<'_>) {
    request.sends("BEGIN", 1, 0);
    request.sends(BOOKS, 1, request.page_size);
    request.sends(AUTHOR, request.page_size, request.page_size);
    request.sends("ROLLBACK", 1, 0);
    request.answers("items", request.page_size);
}

pub(super) fn two_levels(request: &mut Request<'_>) {
    let books: u64 = (0..request.page_size).map(|_| request.random.random_range(1..6)).sum();
    let reviews: u64 = (0..books).map(|_| request.random.random_range(0..4)).sum();
    request.sends(AUTHORS, 1, request.page_size);
    request.sends(BOOKS_OF, request.page_size, books);
    request.sends(REVIEWS_OF, books, reviews);
    request.answers("items", request.page_size);
    request.answers("items[].books", books);
    request.answers("items[].books[].reviews", reviews);
}

fn lazy_with_one_parent(request: &mut Request<'_>) {
    request.sends(BOOKS, 1, request.page_size);
    request.sends(AUTHOR, 1, 1);
    request.answers("items", request.page_size);
}

pub(super) fn selectin(request: &mut Request<'_>) {
    request.sends(AUTHORS, 1, request.page_size);
    let text = in_list("SELECT id, title, author_id FROM books WHERE author_id", request.page_size);
    request.sends(&text, 1, 3 * request.page_size);
    request.answers("items", request.page_size);
    request.answers("items[].books", 3 * request.page_size);
}

fn joined(request: &mut Request<'_>) {
    let text = "SELECT a.id, a.name, b.id, b.title FROM (SELECT id, name FROM authors ORDER BY id LIMIT $1 OFFSET $2) a \
                LEFT JOIN books b ON b.author_id = a.id";
    request.sends(text, 1, 3 * request.page_size);
    request.answers("items", request.page_size);
    request.answers("items[].books", 3 * request.page_size);
}

pub(super) fn five_fixed(request: &mut Request<'_>) {
    request.sends(BOOKS, 1, request.page_size);
    request.sends("SELECT count(*) FROM books", 1, 1);
    request.sends("SELECT name FROM settings", 1, 4);
    request.sends("SELECT id FROM sessions WHERE token = $1", 1, 1);
    request.sends("UPDATE sessions SET seen_at = $1 WHERE id = $2", 1, 1);
    request.answers("items", request.page_size);
}

pub(super) fn cached(request: &mut Request<'_>) {
    let (from, to) = (request.offset, request.offset + request.page_size);
    let missed = (from..to).filter(|author| request.cache.insert(*author)).count() as u64;
    request.sends(BOOKS, 1, request.page_size);
    if missed > 0 {
        request.sends(AUTHOR, missed, missed);
    }
    request.answers("items", request.page_size);
}

fn literal_lists(request: &mut Request<'_>) {
    request.sends(BOOKS, 1, request.page_size);
    for _ in 0..request.page_size {
        let length = request.random.random_range(1..8);
        let text = in_list("SELECT name FROM tags WHERE id", length);
        request.sends(&text, 1, length);
    }
    request.answers("items", request.page_size);
}

pub(super) fn chunked(request: &mut Request<'_>) {
    request.sends(BOOKS, 1, request.page_size);
    let text = in_list("SELECT id, name FROM authors WHERE id", 10);
    request.sends(&text, request.page_size.div_ceil(10), request.page_size);
    request.answers("items", request.page_size);
}

pub(super) fn loop_in_function(request: &mut Request<'_>) {
    request.sends("SELECT * FROM list_books($1, $2)", 1, request.page_size);
    request.runs_inside(AUTHOR, request.page_size);
    request.answers("items", request.page_size);
}

pub(super) fn inserts(request: &mut Request<'_>) {
    request.sends("BEGIN", 1, 0);
    request.sends(INSERT, request.page_size, request.page_size);
    // Under track = all, the check of the foreign key shows.
    let check = "SELECT $2 FROM ONLY \"public\".\"authors\" x WHERE \"id\" OPERATOR(pg_catalog.=) $1 FOR KEY SHARE OF x";
    request.runs_inside(check, request.page_size);
    request.sends("COMMIT", 1, 0);
}

/// Endpoint, and the statements that are its N+1.
const ENDPOINTS: [(&str, Endpoint, &[&str]); 11] = [
    ("lazy parent", lazy, &[AUTHOR]),
    ("two levels, lazy", two_levels, &[BOOKS_OF, REVIEWS_OF]),
    ("lazy, all rows share a parent", lazy_with_one_parent, &[]),
    ("selectinload", selectin, &[]),
    ("joinedload", joined, &[]),
    ("five fixed statements", five_fixed, &[]),
    ("cache in the process", cached, &[AUTHOR]),
    ("literal lists of 1 to 7", literal_lists, &["SELECT name FROM tags WHERE id IN ($1)"]),
    ("chunks of ten", chunked, &[]),
    ("loop in a function", loop_in_function, &[AUTHOR]),
    ("an insert an item", inserts, &[INSERT]),
];

#[test]
fn eleven_endpoints_are_told_apart_alone_and_beside_a_job_of_the_same_statements() {
    let mut wrong = Vec::new();
    for (name, endpoint, truth) in ENDPOINTS {
        for background_per_s in [0.0, 20.0, 50.0] {
            for seed in 1..=5 {
                let verdict = Probe { seed, background_per_s, ..Probe::default() }.judge(endpoint);
                let judged = verdict.answer.found().unwrap_or_else(|| panic!("{name}: {verdict:?}"));
                let mut found: Vec<&str> =
                    judged.n_plus_ones.iter().map(|found| found.fingerprint.as_str()).collect();
                let mut expected: Vec<String> =
                    truth.iter().map(|text| aforo_sql::fingerprint(text).to_string()).collect();
                found.sort_unstable();
                expected.sort_unstable();
                if found != expected {
                    wrong
                        .push(format!("{name}, {background_per_s}/s, seed {seed}: {:#?}", judged.statements));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of 165 verdicts are wrong: {}", wrong.len(), wrong.join("\n"));
}

#[test]
fn slopes_are_the_truth_where_nothing_else_runs() {
    for (name, endpoint, truth) in ENDPOINTS {
        let verdict = Probe::default().judge(endpoint);
        let judged = verdict.answer.found().unwrap();
        for found in &judged.n_plus_ones {
            assert!(
                (found.slope.estimate - 1.0).abs() < 1e-9 && found.r_squared > 0.999,
                "{name}: {found:?}"
            );
            assert_eq!(found.item_path.is_empty(), truth.is_empty());
        }
    }
    let verdict = Probe::default().judge(chunked);
    let batched =
        verdict.answer.found().unwrap().statements.iter().find_map(|statement| match statement.pattern {
            CallPattern::Batched { items_per_call } => Some(items_per_call),
            _ => None,
        });
    assert_eq!(batched, Some(10.0));
}
