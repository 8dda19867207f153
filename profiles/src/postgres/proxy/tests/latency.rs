//! What the proxy costs. Printed, and not judged: it depends on the machine and on what else runs there.

use std::time::Instant;

use super::*;

const ROUNDS: usize = 500;

async fn ask(connection: &mut PgConnection) -> f64 {
    let begun = Instant::now();
    let one: i32 = sqlx::query_scalar("SELECT $1").bind(1).fetch_one(connection).await.unwrap();
    assert_eq!(one, 1);
    begun.elapsed().as_secs_f64() * 1e6
}

fn percentile(times_us: &mut [f64], percent: usize) -> f64 {
    times_us.sort_unstable_by(f64::total_cmp);
    times_us[times_us.len() * percent / 100]
}

/// Round trips of the smallest statement, with and without the proxy by turns, so that both meet the same noise.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_it_adds_to_a_round_trip() {
    let server = server().await;
    let proxy = proxy(&server.url()).await;
    let mut direct = PgConnection::connect(&server.url()).await.unwrap();
    let mut through = connect(&proxy).await;
    let (mut direct_us, mut through_us) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        direct_us.push(ask(&mut direct).await);
        through_us.push(ask(&mut through).await);
    }
    for percent in [50, 95] {
        let (direct, through) = (percentile(&mut direct_us, percent), percentile(&mut through_us, percent));
        println!(
            "p{percent}: {direct:.0} us direct, {through:.0} us through the proxy, {:.2} times",
            through / direct
        );
    }
    assert_eq!(proxy.take().statements.len(), ROUNDS);
}
