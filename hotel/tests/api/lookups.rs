//! The admin list and its export.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::world::{Api, World, booking, free_day};

fn codes(list: &Value) -> Vec<String> {
    list["items"].as_array().unwrap().iter().map(|item| item["code"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_list_and_its_export_agree() {
    let world = World::start().await;
    let hotel = world.hotel().await;
    let api = Api::new(&hotel);
    pages_cover_the_list_once_and_filters_hold(&api).await;
    the_export_is_the_list_and_survives_hostile_names(&api).await;
    hotel.shutdown().await;
    world.stop().await;
}

async fn pages_cover_the_list_once_and_filters_hold(api: &Api) {
    let mut seen = HashSet::new();
    let mut arrivals = Vec::new();
    for offset in (0..500).step_by(70) {
        let page = api.get(&format!("/admin/reservations?limit=70&offset={offset}")).await.body;
        assert_eq!(
            (&page["total"], &page["limit"], &page["offset"]),
            (&json!(500), &json!(70), &json!(offset))
        );
        assert!(codes(&page).into_iter().all(|code| seen.insert(code)), "a reservation is on two pages");
        let items = page["items"].as_array().unwrap();
        arrivals.extend(items.iter().map(|item| item["check_in"].as_str().unwrap().to_owned()));
    }
    assert_eq!(seen.len(), 500);
    assert!(arrivals.is_sorted());
    let beyond = api.get("/admin/reservations?offset=500").await.body;
    assert_eq!((codes(&beyond).len(), &beyond["total"]), (0, &json!(500)));

    let by_status: i64 = {
        let mut sum = 0;
        for status in ["pre_reserved", "confirmed", "cancelled", "expired"] {
            let list = api.get(&format!("/admin/reservations?status={status}&limit=200")).await.body;
            assert!(list["items"].as_array().unwrap().iter().all(|item| item["status"] == status));
            sum += list["total"].as_i64().unwrap();
        }
        sum
    };
    assert_eq!(by_status, 500);
    let (from, to) = (arrivals[100].as_str(), arrivals[200].as_str());
    let within = api.get(&format!("/admin/reservations?from={from}&to={to}&limit=200")).await.body;
    let expected = arrivals.iter().filter(|arrival| (from..to).contains(&arrival.as_str())).count();
    assert_eq!(within["total"], expected);
    let web = api.get("/admin/reservations?channel=web&limit=1").await.body;
    assert_eq!(web["items"][0]["channel"], "web");
    assert!(
        web["items"][0]["accommodation"]["code"].is_string()
            && web["items"][0]["last_event"]["event"].is_string()
    );

    for wrong in
        ["limit=0", "limit=201", "offset=-1", "status=open", "from=tomorrow", "channel=fax", "limit=x"]
    {
        api.get(&format!("/admin/reservations?{wrong}")).await.is_problem(422, "invalid_input");
    }
}

async fn the_export_is_the_list_and_survives_hostile_names(api: &Api) {
    for (shift, name) in ["Pérez, \"Pepe\"", "=1+1", "Ana; DROP"].iter().enumerate() {
        let days = 2 * shift as u64;
        let mut body = booking(1, free_day(days), free_day(days + 1));
        body["guest_name"] = json!(name);
        assert_eq!(api.post("/reservations", &body).await.status, 201);
    }
    let response = api.request(reqwest::Method::GET, "/admin/reservations/export.csv").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8");
    let text = response.text().await.unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(reader.headers().unwrap().len(), 15);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 503);
    let names: Vec<&str> = rows[500..].iter().map(|row| row.get(8).unwrap()).collect();
    assert_eq!(names, ["Pérez, \"Pepe\"", "'=1+1", "Ana; DROP"]);
    let first_page = api.get("/admin/reservations?limit=200").await.body;
    let exported: Vec<&str> = rows[..200].iter().map(|row| row.get(0).unwrap()).collect();
    assert_eq!(codes(&first_page), exported);

    let (status, of_channel) =
        api.raw("/admin/reservations/export.csv?channel=whatsapp&status=confirmed").await;
    let total = api.get("/admin/reservations?channel=whatsapp&status=confirmed").await.body["total"].as_u64();
    assert_eq!((status, Some(of_channel.lines().count() as u64 - 1)), (200, total));
    let (_, nothing) = api.raw("/admin/reservations/export.csv?from=1999-01-01&to=1999-02-01").await;
    assert_eq!(nothing.lines().count(), 1, "a header and no rows");
    api.get("/admin/reservations/export.csv?channel=fax").await.is_problem(422, "invalid_input");
}
