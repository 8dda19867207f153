//! What the hotel asks its database. Each N+1 flaw sits beside its tuned twin.

pub mod accommodations;
pub mod admin_list;
pub(crate) mod export;
pub mod filter;
pub mod reservations;
pub(crate) mod view;
