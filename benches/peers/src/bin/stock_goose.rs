//! Goose as its book shows it: a user that gets `/` and reads the answer. Goose's own options apply; at the end
//! one line of JSON is printed: `requests`, `errors`.

use std::io::Write as _;

use goose::prelude::*;

/// What a user does, over and over.
async fn get_root(user: &mut GooseUser) -> TransactionResult {
    user.get("/").await?.response?.text().await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let metrics = GooseAttack::initialize()?
        .register_scenario(scenario!("Root").register_transaction(transaction!(get_root)))
        .execute()
        .await?;
    let (requests, errors) = metrics.requests.values().fold((0, 0), |(requests, errors), endpoint| {
        (requests + endpoint.success_count + endpoint.fail_count, errors + endpoint.fail_count)
    });
    writeln!(std::io::stdout(), "{}", serde_json::json!({ "requests": requests, "errors": errors }))?;
    Ok(())
}
