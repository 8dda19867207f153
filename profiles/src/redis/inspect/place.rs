//! A server's place among others: a replica, a node of a cluster; and what is not seen from there.

use std::collections::HashMap;

use aforo_model::database::Skipped;
use redis::{FromRedisValue, Value};

use super::counters::Facts;
use super::error::Refusal;
use super::session::Session;
use crate::redis::info::{Role, greeted_version};

/// What a server is, as far as it tells.
#[derive(Debug, Default)]
pub(super) struct Place {
    pub(super) version: Option<String>,
    pub(super) role: Role,
    is_linked_to_primary: Option<bool>,
}

impl Place {
    /// From the answer to `INFO`, else from the one to `HELLO`, which no user can be refused.
    pub(super) async fn of(session: &mut Session, facts: Option<&Facts>) -> Self {
        let Some(facts) = facts else { return Self::greeted(session).await };
        Self {
            version: facts.version.clone(),
            role: facts.role.clone(),
            is_linked_to_primary: facts.durability.is_linked_to_primary,
        }
    }

    /// Nothing is known where `HELLO` is not, as before Redis 6.
    async fn greeted(session: &mut Session) -> Self {
        let Ok(greeting) = session.ask::<HashMap<String, Value>>(&redis::cmd("HELLO")).await else {
            return Self::default();
        };
        let text = |name: &str| {
            greeting.get(name).and_then(|value| String::from_redis_value_ref(value).ok()).unwrap_or_default()
        };
        Self {
            version: greeted_version(&text("server"), &text("version")),
            role: Role {
                is_cluster_node: text("mode") == "cluster",
                is_replica: text("role") == "replica",
                ..Role::default()
            },
            is_linked_to_primary: None,
        }
    }

    /// A replica of a cluster answers about keys only who says that old values will do; others are sent to its primary.
    pub(super) async fn allow_reading(&self, session: &mut Session) -> Result<(), Refusal> {
        if self.role.is_cluster_node && self.role.is_replica {
            session.ask::<()>(&redis::cmd("READONLY")).await?;
        }
        Ok(())
    }

    /// What is not seen from here, and where it is.
    pub(super) fn not_seen(&self) -> Vec<Skipped> {
        let parts = [
            self.role.is_replica.then(|| self.primary()),
            (!self.role.is_cluster_node && self.role.replicas > 0).then(|| self.replicas()),
            self.role.is_cluster_node.then(cluster_nodes),
        ];
        parts.into_iter().flatten().collect()
    }

    fn primary(&self) -> Skipped {
        let is_cut_off = self.is_linked_to_primary == Some(false);
        let keys = if is_cut_off {
            "; its link to the primary is down, so its keys may be old or missing"
        } else {
            ""
        };
        let url = self.role.primary.as_ref().map(|primary| format!(" --redis-url redis://{primary}"));
        Skipped {
            what: "primary".to_owned(),
            why: format!(
                "{}, and only what is sent to it is counted here: look-ups, evictions, expiries and uses of keys on \
                 the primary are not{keys}",
                self.role.told()
            ),
            remedy: format!("analyze the primary: aforo analyze --cache{}", url.unwrap_or_default()),
        }
    }

    fn replicas(&self) -> Skipped {
        Skipped {
            what: "replicas".to_owned(),
            why: format!(
                "{} of the server may be read from, too, and look-ups there are not counted here: keys that are \
                 read only there look unused",
                if self.role.replicas == 1 {
                    "1 replica".to_owned()
                } else {
                    format!("{} replicas", self.role.replicas)
                }
            ),
            remedy: "analyze each replica that the target reads from, as INFO replication lists them"
                .to_owned(),
        }
    }
}

fn cluster_nodes() -> Skipped {
    Skipped {
        what: "cluster-nodes".to_owned(),
        why: "the server is one node of a cluster, and only this one was read: keys, memory and look-ups of the others \
              are not in the figures"
            .to_owned(),
        remedy: "analyze each node by its own URL, as CLUSTER SHARDS lists them".to_owned(),
    }
}
