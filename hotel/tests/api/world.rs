//! What every test stands on: private servers, hotels on databases of their own, and a client.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use aforo_hotel::{Flaw, FlawSet, Hotel, HotelConfig, start};
use aforo_sandbox::{Postgres, PostgresOptions, Redis, RedisOptions};
use chrono::{Days, NaiveDate, Utc};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// A Postgres and a Redis for one test.
pub(crate) struct World {
    pub(crate) postgres: Postgres,
    pub(crate) redis: Redis,
    hotels: AtomicU32,
}

impl World {
    pub(crate) async fn start() -> Self {
        let (postgres, redis) = tokio::try_join!(
            Postgres::start(PostgresOptions::default()),
            Redis::start(RedisOptions::default())
        )
        .unwrap();
        // What a test writes need not outlive the machine.
        let mut connection = PgConnection::connect(&postgres.url()).await.unwrap();
        for statement in ["ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()"] {
            sqlx::query(statement).execute(&mut connection).await.unwrap();
        }
        Self { postgres, redis, hotels: AtomicU32::new(0) }
    }

    /// An empty database.
    pub(crate) async fn database(&self) -> String {
        let number = self.hotels.fetch_add(1, Ordering::Relaxed);
        let mut connection = PgConnection::connect(&self.postgres.url()).await.unwrap();
        let name = format!("hotel_{number}");
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await.unwrap();
        let url = self.postgres.url();
        let (server, _) = url.rsplit_once('/').unwrap();
        format!("{server}/{name}")
    }

    /// A small tuned configuration on an empty database and a Redis database of its own.
    pub(crate) async fn config(&self) -> HotelConfig {
        let database_url = self.database().await;
        let redis_database = self.hotels.load(Ordering::Relaxed);
        HotelConfig {
            database_url: Some(database_url),
            redis_url: Some(format!("{}/{redis_database}", self.redis.url().trim_end_matches('/'))),
            flaws: FlawSet::none(),
            accommodations: 5,
            reservations: 500,
            seed: 7,
            ..HotelConfig::default()
        }
    }

    /// A small tuned hotel.
    pub(crate) async fn hotel(&self) -> Hotel {
        start(self.config().await).await.unwrap()
    }

    /// A small hotel with every flaw there is.
    pub(crate) async fn flawed_hotel(&self) -> Hotel {
        start(HotelConfig { flaws: FlawSet::from_iter(Flaw::EVERY), ..self.config().await }).await.unwrap()
    }

    pub(crate) async fn stop(self) {
        self.redis.stop().await;
        self.postgres.stop().await;
    }
}

/// The table of accommodations, locked: requests that need it wait for as long as a test wants.
pub(crate) struct HeldAccommodations {
    holder: PgConnection,
    database_url: String,
}

impl HeldAccommodations {
    pub(crate) async fn hold(hotel: &Hotel) -> Self {
        let mut holder = PgConnection::connect(hotel.database_url()).await.unwrap();
        sqlx::raw_sql("BEGIN; LOCK TABLE accommodations").execute(&mut holder).await.unwrap();
        Self { holder, database_url: hotel.database_url().to_owned() }
    }

    /// Returns once so many requests wait.
    pub(crate) async fn until_waited_for_by(&self, requests: i64) {
        let mut connection = PgConnection::connect(&self.database_url).await.unwrap();
        let started = Instant::now();
        loop {
            let waiting: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_locks WHERE NOT granted")
                .fetch_one(&mut connection)
                .await
                .unwrap();
            if waiting == requests {
                return;
            }
            assert!(started.elapsed() < Duration::from_secs(20), "{waiting} requests wait, not {requests}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) async fn release(self) {
        self.holder.close().await.unwrap();
    }
}

/// The client of one hotel.
#[derive(Clone)]
pub(crate) struct Api {
    http: reqwest::Client,
    url: String,
}

/// An answer with a JSON body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Value,
}

impl Answer {
    /// The member of that name, as text.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_else(|| panic!("no text `{name}` in {}", self.body))
    }

    /// Fails unless this is a problem of that status and code, complete as RFC 9457 wants it.
    #[track_caller]
    pub(crate) fn is_problem(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.text("code")), (status, code), "{}", self.body);
        assert_eq!(self.content_type, "application/problem+json");
        assert_eq!(self.body["status"], status);
        assert!(!self.text("title").is_empty() && !self.text("detail").is_empty());
    }
}

impl Api {
    pub(crate) fn new(hotel: &Hotel) -> Self {
        Self { http: reqwest::Client::builder().no_proxy().build().unwrap(), url: hotel.url().to_owned() }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        answer(self.request(Method::POST, path).json(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        answer(self.request(Method::PATCH, path).json(body)).await
    }

    /// Status and body as they are.
    pub(crate) async fn raw(&self, path: &str) -> (u16, String) {
        let response = self.request(Method::GET, path).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Asks until the answer is as wanted, for at most 20 s.
    pub(crate) async fn get_until(&self, path: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
        let started = Instant::now();
        loop {
            let answer = self.get(path).await;
            if wanted(&answer) {
                return answer;
            }
            assert!(started.elapsed() < Duration::from_secs(20), "{path} still answers {}", answer.body);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"));
    Answer { status, content_type, body }
}

/// A day that is so far ahead that the generated data has nothing there.
pub(crate) fn free_day(days: u64) -> NaiveDate {
    Utc::now().date_naive().checked_add_days(Days::new(400 + days)).unwrap()
}

/// The body of a booking that succeeds.
pub(crate) fn booking(accommodation_id: i32, check_in: NaiveDate, check_out: NaiveDate) -> Value {
    serde_json::json!({
        "accommodation_id": accommodation_id, "check_in": check_in, "check_out": check_out, "guests": 2,
        "guest_name": "Lucía García", "guest_phone": "+34699000001", "channel": "web",
    })
}
