//! Endpoints with known truth, probed on paper.

use std::collections::{BTreeMap, BTreeSet};

use aforo_model::database::{ProbeBackground, ProbeReading, ProbeVerdict, StatementCalls, StatementKey};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

use super::{ProbeOptions, judge_probe};

/// One request, as an endpoint sees it.
pub(super) struct Request<'a> {
    pub(super) page_size: u64,
    pub(super) offset: u64,
    pub(super) random: &'a mut StdRng,
    /// What the process has cached.
    pub(super) cache: &'a mut BTreeSet<u64>,
    pub(super) items: Vec<(String, u64)>,
    calls: Vec<Call>,
}

struct Call {
    text: String,
    is_top_level: bool,
    calls: u64,
    rows: u64,
    blocks: u64,
}

impl Request<'_> {
    /// A statement was sent so often and gave so many rows in all.
    pub(super) fn sends(&mut self, text: &str, calls: u64, rows: u64) {
        self.touches(text, calls, rows, 3 * calls);
    }

    pub(super) fn touches(&mut self, text: &str, calls: u64, rows: u64, blocks: u64) {
        self.calls.push(Call { text: text.to_owned(), is_top_level: true, calls, rows, blocks });
    }

    /// A function or trigger ran a statement so often.
    pub(super) fn runs_inside(&mut self, text: &str, calls: u64) {
        self.calls.push(Call {
            text: text.to_owned(),
            is_top_level: false,
            calls,
            rows: calls,
            blocks: 3 * calls,
        });
    }

    pub(super) fn answers(&mut self, path: &str, count: u64) {
        self.items.push((path.to_owned(), count));
    }
}

pub(super) type Endpoint = fn(&mut Request<'_>);

/// How an endpoint is probed.
#[derive(Debug, Clone)]
pub(super) struct Probe {
    pub(super) seed: u64,
    /// A job that runs every statement of the endpoint so often, meanwhile and when idle.
    pub(super) background_per_s: f64,
    pub(super) sizes: Vec<u32>,
    pub(super) repeats: u32,
    /// Whether every request asks for items not asked for before.
    pub(super) is_fresh: bool,
    pub(super) millis_per_call: f64,
}

impl Default for Probe {
    fn default() -> Self {
        Self {
            seed: 1,
            background_per_s: 0.0,
            sizes: vec![1, 3, 5, 10, 20, 40],
            repeats: 3,
            is_fresh: true,
            millis_per_call: 0.2,
        }
    }
}

/// Everything read from one endpoint.
pub(super) struct Read {
    pub(super) readings: Vec<ProbeReading>,
    pub(super) background: ProbeBackground,
    pub(super) texts: BTreeMap<StatementKey, String>,
}

impl Read {
    pub(super) fn judge(&self) -> ProbeVerdict {
        let options = ProbeOptions { production_page_size: 50, catalog: None };
        judge_probe(&self.readings, &self.background, &self.texts, options).remove(0)
    }
}

impl Probe {
    pub(super) fn judge(&self, endpoint: Endpoint) -> ProbeVerdict {
        self.read(endpoint).judge()
    }

    pub(super) fn read(&self, endpoint: Endpoint) -> Read {
        let mut random = StdRng::seed_from_u64(self.seed);
        let mut sizes: Vec<u32> =
            self.sizes.iter().flat_map(|size| std::iter::repeat_n(*size, self.repeats as usize)).collect();
        sizes.shuffle(&mut random);
        let (mut cache, mut offset) = (BTreeSet::new(), 100);
        let mut texts = BTreeMap::new();
        let mut readings: Vec<ProbeReading> = Vec::new();
        for size in sizes {
            let is_fresh = self.is_fresh || readings.is_empty();
            let reading = self.reading(endpoint, size, offset, &mut random, &mut cache, &mut texts);
            readings.push(ProbeReading { is_fresh, ..reading });
            if self.is_fresh {
                offset += u64::from(size);
            }
        }
        // The job runs each statement that the application runs, in one spelling, at any time.
        let identity = |(key, text): (&StatementKey, &String)| {
            ((aforo_sql::fingerprint(text).to_string(), key.is_top_level), *key)
        };
        let keys: BTreeMap<(String, bool), StatementKey> = texts.iter().map(identity).collect();
        let keys: Vec<StatementKey> = keys.into_values().collect();
        for reading in &mut readings {
            let meanwhile = self.job(&keys, reading.watched_s, &mut random);
            reading.calls.extend(meanwhile);
        }
        let background = ProbeBackground { elapsed_s: 2.0, calls: self.job(&keys, 2.0, &mut random) };
        Read { readings, background, texts }
    }

    fn reading(
        &self,
        endpoint: Endpoint,
        size: u32,
        offset: u64,
        random: &mut StdRng,
        cache: &mut BTreeSet<u64>,
        texts: &mut BTreeMap<StatementKey, String>,
    ) -> ProbeReading {
        let mut request = Request {
            page_size: u64::from(size),
            offset,
            random,
            cache,
            items: Vec::new(),
            calls: Vec::new(),
        };
        endpoint(&mut request);
        let (items, sent) = (request.items, request.calls);
        let calls: Vec<StatementCalls> = sent
            .into_iter()
            .map(|call| {
                let key = key(&call.text, call.is_top_level);
                texts.insert(key, call.text);
                let noise = random.random_range(0.8..1.3);
                let exec_time_ms = call.calls as f64 * self.millis_per_call * noise;
                StatementCalls { key, calls: call.calls, rows: call.rows, blocks: call.blocks, exec_time_ms }
            })
            .collect();
        let elapsed_s = 0.005 + 0.002 * calls.iter().map(|call| call.calls as f64).sum::<f64>();
        ProbeReading {
            step: "list".to_owned(),
            page_size: Some(size),
            offset: Some(offset),
            is_fresh: true,
            status: Some(200),
            is_expected: true,
            received_bytes: 20 + 100 * items.iter().map(|(_, count)| count).sum::<u64>(),
            items,
            elapsed_s,
            watched_s: elapsed_s + 0.15,
            is_complete: true,
            calls,
        }
    }

    /// Calls of a job with exponential pauses.
    fn job(&self, keys: &[StatementKey], seconds: f64, random: &mut StdRng) -> Vec<StatementCalls> {
        let mut calls = Vec::new();
        for key in keys {
            let mut at_s = 0.0;
            let mut pause = || -f64::ln(random.random_range(f64::EPSILON..1.0)) / self.background_per_s;
            // Without a background the first pause is without an end.
            let count = std::iter::repeat_with(|| {
                at_s += pause();
                at_s
            })
            .take_while(|at_s| *at_s <= seconds)
            .count() as u64;
            if count > 0 {
                let exec_time_ms = count as f64 * self.millis_per_call;
                calls.push(StatementCalls {
                    key: *key,
                    calls: count,
                    rows: count,
                    blocks: 3 * count,
                    exec_time_ms,
                });
            }
        }
        calls
    }
}

/// Postgres gives each spelling of a statement an identity of its own.
pub(super) fn key(text: &str, is_top_level: bool) -> StatementKey {
    let query_id = text.bytes().fold(7i64, |id, byte| id.wrapping_mul(31).wrapping_add(i64::from(byte)));
    StatementKey { role_oid: 10, database_oid: 5, query_id, is_top_level }
}
