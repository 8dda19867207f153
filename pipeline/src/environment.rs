//! Where and with what it is measured.

use aforo_model::Environment;

use aforo_model::Role;
use aforo_profiles::Watched;

use crate::target::Target;

/// Fills in the processes of a local target that were not named, by the ports they listen on.
pub fn find_processes(mut target: Target) -> Target {
    let serving = |url: Option<&str>| url.and_then(aforo_profiles::pid_serving);
    target.pid = target.pid.or_else(|| serving(Some(target.url.as_str())));
    target.postgres_pid = target.postgres_pid.or_else(|| serving(target.database_url.as_deref()));
    target.redis_pid = target.redis_pid.or_else(|| serving(target.redis_url.as_deref()));
    target
}

/// What is watched of a target and of Aforo itself.
pub(crate) fn watched(target: &Target) -> Watched {
    let processes = [
        (Role::Target, target.pid),
        (Role::Postgres, target.postgres_pid),
        (Role::Redis, target.redis_pid),
        (Role::Generator, Some(std::process::id())),
    ];
    // A process on this machine is read itself; its metrics say less.
    let elsewhere = target.pid.is_none().then(|| aforo_profiles::metrics_url(target.url.as_str())).flatten();
    let named = !target.metrics_urls.is_empty();
    Watched {
        processes: processes.into_iter().filter_map(|(role, pid)| Some((role, pid?))).collect(),
        postgres_url: target.database_url.clone(),
        redis_url: target.redis_url.clone(),
        metrics_urls: if named { target.metrics_urls.clone() } else { elsewhere.into_iter().collect() },
    }
}

/// Describes this machine and the servers behind the target.
pub(crate) async fn describe(target: &Target) -> Environment {
    let machine = aforo_profiles::machine();
    let versions = aforo_profiles::server_versions(&watched(target)).await;
    Environment {
        aforo_version: env!("CARGO_PKG_VERSION").to_owned(),
        debug_build: cfg!(debug_assertions),
        os: machine.os,
        cpu: machine.cpu,
        core_count: machine.core_count,
        memory_bytes: machine.memory_bytes,
        postgres_version: versions.postgres,
        redis_version: versions.redis,
        ci_job_url: ci_job_url(|name| std::env::var(name).ok().filter(|value| !value.is_empty())),
    }
}

/// The page of the job that runs Aforo, as GitLab's or GitHub's runner tells it.
fn ci_job_url(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    variable("CI_JOB_URL").or_else(|| {
        let server = variable("GITHUB_SERVER_URL")?;
        let (repository, run) = (variable("GITHUB_REPOSITORY")?, variable("GITHUB_RUN_ID")?);
        Some(format!("{server}/{repository}/actions/runs/{run}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_read_where_they_were_named_and_else_of_a_target_elsewhere() {
        let target = |pid, urls: &[&str]| Target {
            pid,
            metrics_urls: urls.iter().map(|url| url.parse().unwrap()).collect(),
            ..Target::parse("http://10.0.0.7:8080/api").unwrap()
        };
        let urls = |target: &Target| -> Vec<String> {
            watched(target).metrics_urls.iter().map(ToString::to_string).collect()
        };
        assert_eq!(urls(&target(None, &[])), ["http://10.0.0.7:8080/api/metrics"]);
        assert_eq!(urls(&target(Some(1), &[])), [""; 0]);
        let named = ["http://10.0.0.7:8081/metrics", "http://10.0.0.7:9100/metrics"];
        assert_eq!(urls(&target(None, &named)), named);
        assert_eq!(urls(&target(Some(1), &named)), named);
    }

    #[test]
    fn a_job_is_known_where_its_runner_tells_all_of_it() {
        let github = |name: &str| match name {
            "GITHUB_SERVER_URL" => Some("https://github.example".to_owned()),
            "GITHUB_REPOSITORY" => Some("team/shop".to_owned()),
            "GITHUB_RUN_ID" => Some("42".to_owned()),
            _ => None,
        };
        let expected = "https://github.example/team/shop/actions/runs/42";
        assert_eq!(ci_job_url(github).as_deref(), Some(expected));
        assert_eq!(ci_job_url(|name| github(name).filter(|_| name != "GITHUB_RUN_ID")), None);
        let gitlab = |name: &str| (name == "CI_JOB_URL").then(|| "https://gitlab.example/1".to_owned());
        assert_eq!(ci_job_url(gitlab).as_deref(), Some("https://gitlab.example/1"));
        assert_eq!(ci_job_url(|_| None), None);
    }
}
