//! `resources.csv`: one row a reading, the same columns for every run.

use std::io::{self, Write};

use aforo_model::{
    CgroupSample, GeneratorSample, HostSample, PostgresSample, Pressure, PressureSample, ProcessSample,
    RedisSample, ResourceSample, Role, RunRecord,
};

use crate::csv_rows::{name, or_empty, write_csv};

const ROLES: [Role; 4] = [Role::Target, Role::Postgres, Role::Redis, Role::Generator];

/// One column: its name, and how it is read off a sample. Empty where the figure was not read.
type Column<T> = (&'static str, fn(&T) -> String);

/// Each is prefixed with the role, as in `target_rss_bytes`.
const PROCESS: [Column<ProcessSample>; 25] = [
    ("process_count", |process| process.process_count.to_string()),
    ("cpu_time_s", |process| process.cpu_time_s.to_string()),
    ("cpu_cores", |process| or_empty(process.cpu_cores)),
    ("rss_bytes", |process| process.rss_bytes.to_string()),
    ("thread_count", |process| or_empty(process.thread_count)),
    ("open_fd_count", |process| or_empty(process.open_fd_count)),
    ("disk_read_bytes", |process| or_empty(process.disk_read_bytes)),
    ("disk_written_bytes", |process| or_empty(process.disk_written_bytes)),
    ("pss_bytes", |process| or_empty(process.pss_bytes)),
    ("open_fd_limit", |process| or_empty(process.open_fd_limit)),
    ("open_fd_ratio", |process| or_empty(process.open_fd_ratio)),
    ("run_queue_delay_s", |process| or_empty(process.run_queue_delay_s)),
    ("voluntary_context_switches", |process| or_empty(process.voluntary_context_switches)),
    ("involuntary_context_switches", |process| or_empty(process.involuntary_context_switches)),
    ("major_faults", |process| or_empty(process.major_faults)),
    ("cpu_limit_cores", |process| of_cgroup(process, |cgroup| cgroup.cpu_limit_cores)),
    ("cpu_periods", |process| of_cgroup(process, |cgroup| cgroup.cpu_periods)),
    ("throttled_periods", |process| of_cgroup(process, |cgroup| cgroup.throttled_periods)),
    ("throttled_s", |process| of_cgroup(process, |cgroup| cgroup.throttled_s)),
    ("memory_limit_bytes", |process| of_cgroup(process, |cgroup| cgroup.memory_limit_bytes)),
    ("memory_current_bytes", |process| of_cgroup(process, |cgroup| cgroup.memory_current_bytes)),
    ("memory_working_set_bytes", |process| of_cgroup(process, |cgroup| cgroup.memory_working_set_bytes)),
    ("oom_kills", |process| of_cgroup(process, |cgroup| cgroup.oom_kills)),
    ("pids_limit", |process| of_cgroup(process, |cgroup| cgroup.pids_limit)),
    ("pids_current", |process| of_cgroup(process, |cgroup| cgroup.pids_current)),
];

const GENERATOR: [Column<GeneratorSample>; 2] = [
    ("generator_busiest_thread_cores", |generator| generator.busiest_thread_cores.to_string()),
    ("generator_run_queue_delay_us", |generator| or_empty(generator.run_queue_delay_us)),
];

/// The target's machine, where it is another one, has the same with `target_` before them.
const HOST: [Column<HostSample>; 32] = [
    ("host_cpu_ratio", |host| or_empty(host.cpu_ratio)),
    ("host_core_count", |host| host.core_count.to_string()),
    ("host_load_1m", |host| host.load_1m.to_string()),
    ("host_memory_used_bytes", |host| host.memory_used_bytes.to_string()),
    ("host_memory_total_bytes", |host| host.memory_total_bytes.to_string()),
    ("host_swap_used_bytes", |host| host.swap_used_bytes.to_string()),
    ("host_disk_read_bytes", |host| or_empty(host.disk_read_bytes)),
    ("host_disk_written_bytes", |host| or_empty(host.disk_written_bytes)),
    ("host_network_received_bytes", |host| or_empty(host.network_received_bytes)),
    ("host_network_sent_bytes", |host| or_empty(host.network_sent_bytes)),
    ("host_pressure_cpu_some_ratio", |host| some_ratio(host, |pressure| pressure.cpu)),
    ("host_pressure_cpu_full_ratio", |host| full_ratio(host, |pressure| pressure.cpu)),
    ("host_pressure_memory_some_ratio", |host| some_ratio(host, |pressure| pressure.memory)),
    ("host_pressure_memory_full_ratio", |host| full_ratio(host, |pressure| pressure.memory)),
    ("host_pressure_io_some_ratio", |host| some_ratio(host, |pressure| pressure.io)),
    ("host_pressure_io_full_ratio", |host| full_ratio(host, |pressure| pressure.io)),
    ("host_steal_ratio", |host| or_empty(host.steal_ratio)),
    ("host_iowait_ratio", |host| or_empty(host.iowait_ratio)),
    ("host_tcp_sent_segments", |host| or_empty(host.tcp_sent_segments)),
    ("host_tcp_retransmits", |host| or_empty(host.tcp_retransmits)),
    ("host_listen_overflows", |host| or_empty(host.listen_overflows)),
    ("host_listen_drops", |host| or_empty(host.listen_drops)),
    ("host_busiest_disk", |host| or_empty(host.busiest_disk.as_ref().map(|disk| name(&disk.name)))),
    ("host_busiest_disk_busy_ratio", |host| or_empty(host.busiest_disk.as_ref().map(|disk| disk.busy_ratio))),
    ("host_busiest_disk_queue_length", |host| {
        or_empty(host.busiest_disk.as_ref().map(|disk| disk.queue_length))
    }),
    ("host_busiest_link", |host| or_empty(host.busiest_link.as_ref().map(|link| name(&link.name)))),
    ("host_busiest_link_busy_ratio", |host| or_empty(host.busiest_link.as_ref().map(|link| link.busy_ratio))),
    ("host_fullest_file_system", |host| {
        or_empty(host.fullest_file_system.as_ref().map(|room| name(&room.mount_point)))
    }),
    ("host_fullest_file_system_total_bytes", |host| {
        or_empty(host.fullest_file_system.as_ref().map(|room| room.total_bytes))
    }),
    ("host_fullest_file_system_available_bytes", |host| {
        or_empty(host.fullest_file_system.as_ref().map(|room| room.available_bytes))
    }),
    ("host_swapped_in_bytes", |host| or_empty(host.swapped_in_bytes)),
    ("host_swapped_out_bytes", |host| or_empty(host.swapped_out_bytes)),
];

fn of_cgroup<T: ToString>(process: &ProcessSample, of: fn(&CgroupSample) -> Option<T>) -> String {
    or_empty(process.cgroup.as_ref().and_then(of))
}

fn some_ratio(host: &HostSample, of: fn(&PressureSample) -> Option<Pressure>) -> String {
    or_empty(host.pressure.as_ref().and_then(of).map(|pressure| pressure.some_ratio))
}

fn full_ratio(host: &HostSample, of: fn(&PressureSample) -> Option<Pressure>) -> String {
    or_empty(host.pressure.as_ref().and_then(of).and_then(|pressure| pressure.full_ratio))
}

const POSTGRES: [Column<PostgresSample>; 4] = [
    ("postgres_connection_count", |postgres| postgres.connection_count.to_string()),
    ("postgres_active_count", |postgres| postgres.active_count.to_string()),
    ("postgres_lock_waiting_count", |postgres| postgres.lock_waiting_count.to_string()),
    ("postgres_max_connections", |postgres| postgres.max_connections.to_string()),
];

const REDIS: [Column<RedisSample>; 9] = [
    ("redis_keyspace_hits", |redis| redis.keyspace_hits.to_string()),
    ("redis_keyspace_misses", |redis| redis.keyspace_misses.to_string()),
    ("redis_keyspace_hits_per_s", |redis| or_empty(redis.keyspace_hits_per_s)),
    ("redis_keyspace_misses_per_s", |redis| or_empty(redis.keyspace_misses_per_s)),
    ("redis_evicted_keys", |redis| redis.evicted_keys.to_string()),
    ("redis_commands_processed", |redis| redis.commands_processed.to_string()),
    ("redis_used_memory_bytes", |redis| redis.used_memory_bytes.to_string()),
    ("redis_fragmentation_ratio", |redis| redis.fragmentation_ratio.to_string()),
    ("redis_connected_clients", |redis| redis.connected_clients.to_string()),
];

/// Writes a row a reading.
pub(crate) fn render(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    write_csv(out, header(), record.resources.iter().map(row))
}

fn header() -> Vec<String> {
    let of_role = |role: Role| PROCESS.iter().map(move |(name, _)| format!("{}_{name}", role.as_str()));
    let target_host = names(&HOST).map(|name| format!("target_{name}"));
    let servers = names(&POSTGRES).chain(names(&REDIS));
    let others = names(&GENERATOR).chain(names(&HOST)).chain(servers).chain(target_host);
    std::iter::once("at_s".to_owned()).chain(ROLES.into_iter().flat_map(of_role)).chain(others).collect()
}

fn names<T>(columns: &'static [Column<T>]) -> impl Iterator<Item = String> {
    columns.iter().map(|(name, _)| (*name).to_owned())
}

fn row(sample: &ResourceSample) -> Vec<String> {
    let mut row = vec![sample.at_s.to_string()];
    for role in ROLES {
        row.extend(fields(&PROCESS, sample.process_anywhere(role)));
    }
    row.extend(fields(&GENERATOR, sample.generator.as_ref()));
    row.extend(fields(&HOST, sample.host.as_ref()));
    row.extend(fields(&POSTGRES, sample.postgres.as_ref()));
    row.extend(fields(&REDIS, sample.redis.as_ref()));
    row.extend(fields(&HOST, sample.remote.as_ref().and_then(|remote| remote.host.as_ref())));
    row
}

fn fields<T>(columns: &'static [Column<T>], of: Option<&T>) -> impl Iterator<Item = String> {
    columns.iter().map(move |(_, field)| of.map(field).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical;

    #[test]
    fn the_canonical_runs_look_like_this() {
        for (name, record) in canonical::records() {
            insta::assert_snapshot!(format!("resources-{name}"), canonical::rendered(render, &record));
        }
    }

    #[test]
    fn what_was_not_read_is_empty_and_never_zero() {
        let record = canonical::record("cut-short");
        let csv = canonical::rendered(render, &record);
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let header = reader.headers().unwrap().clone();
        let first = reader.records().next().unwrap().unwrap();
        let field = |name: &str| &first[header.iter().position(|column| column == name).unwrap()];
        assert_eq!(field("target_rss_bytes"), record.resources[0].processes[0].rss_bytes.to_string());
        for name in ["target_open_fd_count", "redis_rss_bytes", "host_cpu_ratio", "postgres_active_count"] {
            assert_eq!(field(name), "", "{name}");
        }
    }
}
