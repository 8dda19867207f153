//! What the hotel asks its database. Each N+1 flaw sits beside its tuned twin.

pub(crate) mod accommodations;
pub(crate) mod admin_list;
pub(crate) mod export;
pub(crate) mod filter;
pub(crate) mod reservations;
pub(crate) mod view;
