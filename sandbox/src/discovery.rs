//! Where servers are installed. The search is pure but for looking at files; what it saw is kept for the message.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::{PostgresVersion, SandboxError};

/// Oldest major version supported: older ones do not get corrections any more, and lack columns that the analysis reads.
pub(crate) const MINIMUM_POSTGRES_MAJOR: u32 = 13;

/// Where packages put Postgres, each as parent, start of the versioned directory's name, and the rest of the path.
const POSTGRES_PLACES: [(&str, &str, &str); 9] = [
    ("usr/lib/postgresql", "", "bin"),         // Debian, Ubuntu
    ("usr", "pgsql-", "bin"),                  // Fedora, RHEL: packages of the PostgreSQL project
    ("usr/libexec", "postgresql", ""),         // Alpine
    ("usr/local", "pgsql", "bin"),             // built from source
    ("opt/homebrew/opt", "postgresql", "bin"), // Homebrew on Apple silicon
    ("usr/local/opt", "postgresql", "bin"),    // Homebrew on Intel
    ("Applications/Postgres.app/Contents/Versions", "", "bin"),
    ("opt/local/lib", "postgresql", "bin"), // MacPorts
    ("usr", "bin", ""),                     // Fedora, RHEL: the distribution's packages
];

/// Where packages put Redis and Valkey when it is not on `PATH`: often not there for ordinary users.
const REDIS_PLACES: [&str; 9] = [
    "usr/bin",
    "usr/sbin",
    "usr/local/bin",
    "usr/local/sbin",
    "opt/homebrew/bin",
    "opt/homebrew/opt/redis/bin",
    "opt/homebrew/opt/valkey/bin",
    "usr/local/opt/redis/bin",
    "opt/local/bin",
];

const REDIS_PROGRAMS: [&str; 2] = ["redis-server", "valkey-server"];

/// A place that was searched for a server, and why it was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Searched {
    /// The directory or program, or the pattern that stands for several.
    pub place: PathBuf,
    /// What was wrong with it.
    pub reason: String,
}

impl Searched {
    fn new(place: impl Into<PathBuf>, reason: impl Into<String>) -> Self {
        Self { place: place.into(), reason: reason.into() }
    }
}

impl fmt::Display for Searched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place.display(), self.reason)
    }
}

/// What the search depends on outside the file system.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    /// `PATH`.
    pub path: Option<OsString>,
    /// `AFORO_PG_BINDIR`: the directory of `initdb` and `postgres`.
    pub postgres_bin_dir: Option<PathBuf>,
    /// `AFORO_REDIS_SERVER`: the program itself.
    pub redis_server: Option<PathBuf>,
}

impl Environment {
    /// The one place where this package reads environment variables.
    pub(crate) fn of_this_process() -> Self {
        let named = |variable| std::env::var_os(variable).filter(|value| !value.is_empty());
        Self {
            path: named("PATH"),
            postgres_bin_dir: named("AFORO_PG_BINDIR").map(PathBuf::from),
            redis_server: named("AFORO_REDIS_SERVER").map(PathBuf::from),
        }
    }

    fn path_directories(&self) -> Vec<PathBuf> {
        let path = self.path.as_deref().unwrap_or_default();
        // A relative entry means something else in every folder; a server is not taken from wherever one happens to stand.
        std::env::split_paths(path).filter(|directory| directory.is_absolute()).collect()
    }
}

/// An installation that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PostgresInstallation {
    pub bin_dir: PathBuf,
    pub version: PostgresVersion,
}

/// Finds Postgres: the directory named by the caller or the environment and no other, else the first of `PATH`, else the newest
/// of the known places under `root`. `version_line` answers what a `postgres` program prints about its version.
pub(crate) fn find_postgres(
    named: Option<&Path>,
    environment: &Environment,
    root: &Path,
    version_line: impl Fn(&Path) -> Option<String>,
) -> Result<PostgresInstallation, SandboxError> {
    let inspect = |bin_dir: &Path| inspect_postgres(bin_dir, &version_line);
    if let Some(bin_dir) = named.or(environment.postgres_bin_dir.as_deref()) {
        return inspect(bin_dir).map_err(|reason| SandboxError::NoPostgres {
            searched: vec![Searched::new(
                bin_dir,
                format!("{reason} (named explicitly, so nothing else was searched)"),
            )],
        });
    }
    let mut searched = Vec::new();
    for bin_dir in environment.path_directories() {
        match inspect(&bin_dir) {
            Ok(installation) => return Ok(installation),
            Err(reason) => searched.push(Searched::new(bin_dir, format!("{reason} (on PATH)"))),
        }
    }
    let mut usable = Vec::new();
    for place in POSTGRES_PLACES {
        let directories = expand(root, place);
        if directories.is_empty() {
            searched.push(Searched::new(pattern(root, place), "no such directory"));
        }
        for bin_dir in directories {
            match inspect(&bin_dir) {
                Ok(installation) => usable.push(installation),
                Err(_) if searched.iter().any(|known| known.place == bin_dir) => {}
                Err(reason) => searched.push(Searched::new(bin_dir, reason)),
            }
        }
    }
    // `min_by_key` keeps the first of equals: the order of the places decides between two of one version.
    usable
        .into_iter()
        .min_by_key(|installation| std::cmp::Reverse(installation.version))
        .ok_or(SandboxError::NoPostgres { searched })
}

/// Finds the Redis or Valkey program: the one named by the caller or the environment and no other, else the first of `PATH`,
/// else the first of the known places under `root`.
pub(crate) fn find_redis(
    named: Option<&Path>,
    environment: &Environment,
    root: &Path,
) -> Result<PathBuf, SandboxError> {
    if let Some(program) = named.or(environment.redis_server.as_deref()) {
        if is_executable(program) {
            return Ok(program.to_owned());
        }
        let reason = "not an executable file (named explicitly, so nothing else was searched)";
        return Err(SandboxError::NoRedis { searched: vec![Searched::new(program, reason)] });
    }
    let mut searched: Vec<Searched> = Vec::new();
    let known = REDIS_PLACES.iter().map(|place| root.join(place));
    for directory in environment.path_directories().into_iter().chain(known) {
        let programs = REDIS_PROGRAMS.map(|name| directory.join(name));
        if let Some(program) = programs.into_iter().find(|program| is_executable(program)) {
            return Ok(program);
        }
        if searched.iter().all(|known| known.place != directory) {
            let reason =
                if directory.is_dir() { "no redis-server, no valkey-server" } else { "no such directory" };
            searched.push(Searched::new(directory, reason));
        }
    }
    Err(SandboxError::NoRedis { searched })
}

/// The usable installation in `bin_dir`, or what it lacks.
fn inspect_postgres(
    bin_dir: &Path,
    version_line: impl Fn(&Path) -> Option<String>,
) -> Result<PostgresInstallation, String> {
    if !bin_dir.is_dir() {
        return Err("no such directory".to_owned());
    }
    let program = bin_dir.join("postgres");
    match (is_executable(&bin_dir.join("initdb")), is_executable(&program)) {
        (true, true) => {}
        (false, false) if is_executable(&bin_dir.join("psql")) => {
            return Err("only the client programs, no initdb and no postgres".to_owned());
        }
        (false, false) => return Err("no initdb, no postgres".to_owned()),
        (false, true) => return Err("no initdb".to_owned()),
        (true, false) => return Err("no postgres".to_owned()),
    }
    let line = version_line(&program).ok_or("its postgres program does not run")?;
    let version = PostgresVersion::parse(&line)
        .ok_or_else(|| format!("its postgres program states no version but {:?}", line.trim()))?;
    if version.major < MINIMUM_POSTGRES_MAJOR {
        return Err(format!("version {version} is too old"));
    }
    Ok(PostgresInstallation { bin_dir: bin_dir.to_owned(), version })
}

/// The directories that exist for a place, in the order of their names.
fn expand(root: &Path, (parent, prefix, rest): (&str, &str, &str)) -> Vec<PathBuf> {
    let Ok(entries) = root.join(parent).read_dir() else { return Vec::new() };
    let matches =
        |name: &str| name.strip_prefix(prefix).is_some_and(|tail| !tail.starts_with(char::is_alphabetic));
    let mut directories: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| entry.file_name().to_str().is_some_and(matches))
        .map(|entry| entry.path().join(rest))
        .filter(|directory| directory.is_dir())
        .collect();
    directories.sort();
    directories
}

fn pattern(root: &Path, (parent, prefix, rest): (&str, &str, &str)) -> PathBuf {
    root.join(parent).join(format!("{prefix}*")).join(rest)
}

fn is_executable(file: &Path) -> bool {
    file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    /// A tree of installations. A fixture's programs are not run: their text is what they would print.
    struct Machine(TempDir);

    impl Machine {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn root(&self) -> &Path {
            self.0.path()
        }

        fn program(&self, path: &str, text: &str) -> PathBuf {
            let file = self.root().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
            file
        }

        fn postgres(&self, bin_dir: &str, version: &str) -> PathBuf {
            self.program(&format!("{bin_dir}/initdb"), "");
            self.program(&format!("{bin_dir}/postgres"), &format!("postgres (PostgreSQL) {version}"));
            self.root().join(bin_dir)
        }

        fn path(&self, directories: &[&str]) -> Environment {
            let path = std::env::join_paths(directories.iter().map(|directory| self.root().join(directory)))
                .unwrap();
            Environment { path: Some(path), ..Environment::default() }
        }

        fn find(&self, environment: &Environment) -> Result<PathBuf, SandboxError> {
            find_postgres(None, environment, self.root(), |program| fs::read_to_string(program).ok())
                .map(|installation| installation.bin_dir)
        }
    }

    fn reasons(error: SandboxError) -> String {
        match error {
            SandboxError::NoPostgres { searched } | SandboxError::NoRedis { searched } => list(&searched),
            other => panic!("another error: {other}"),
        }
    }

    fn list(searched: &[Searched]) -> String {
        searched.iter().map(|place| format!("{place}\n")).collect()
    }

    #[test]
    fn of_several_installations_the_newest_is_taken_and_ten_is_newer_than_nine() {
        let machine = Machine::new();
        machine.postgres("usr/lib/postgresql/15/bin", "15.18");
        machine.postgres("usr/lib/postgresql/9.6/bin", "9.6.24");
        let newest = machine.postgres("usr/pgsql-17/bin", "17.2");
        machine.postgres("usr/lib/postgresql/17/bin-not", "99.0");
        machine.postgres("opt/homebrew/opt/postgresql@16/bin", "16.9");
        assert_eq!(machine.find(&Environment::default()).unwrap(), newest);
    }

    #[test]
    fn every_place_where_packages_put_postgres_is_found() {
        for place in [
            "usr/lib/postgresql/16/bin",
            "usr/pgsql-16/bin",
            "usr/libexec/postgresql16",
            "usr/local/pgsql/bin",
            "opt/homebrew/opt/postgresql@17/bin",
            "opt/homebrew/opt/postgresql/bin",
            "usr/local/opt/postgresql@17/bin",
            "Applications/Postgres.app/Contents/Versions/17/bin",
            "opt/local/lib/postgresql17/bin",
            "usr/bin",
        ] {
            let machine = Machine::new();
            let bin_dir = machine.postgres(place, "17.2");
            assert_eq!(machine.find(&Environment::default()).unwrap(), bin_dir, "{place}");
        }
    }

    #[test]
    fn path_goes_before_a_newer_one_elsewhere() {
        let machine = Machine::new();
        machine.postgres("usr/lib/postgresql/17/bin", "17.2");
        let chosen = machine.postgres("home/tools", "14.1");
        assert_eq!(machine.find(&machine.path(&["empty", "home/tools"])).unwrap(), chosen);
    }

    #[test]
    fn a_directory_with_only_client_programs_is_passed_over_and_reported() {
        let machine = Machine::new();
        machine.program("usr/lib/postgresql/17/bin/psql", "");
        let usable = machine.postgres("usr/lib/postgresql/15/bin", "15.18");
        assert_eq!(machine.find(&Environment::default()).unwrap(), usable);
        fs::remove_file(usable.join("initdb")).unwrap();
        let reasons = reasons(machine.find(&Environment::default()).unwrap_err());
        assert!(
            reasons.contains("17/bin: only the client programs, no initdb and no postgres\n"),
            "{reasons}"
        );
        assert!(reasons.contains("15/bin: no initdb\n"), "{reasons}");
    }

    #[test]
    fn what_is_too_old_or_does_not_run_is_passed_over_and_reported() {
        let machine = Machine::new();
        machine.postgres("usr/lib/postgresql/12/bin", "12.22");
        machine.postgres("usr/lib/postgresql/13/bin", "");
        fs::write(machine.root().join("usr/lib/postgresql/13/bin/postgres"), "cannot load library\n")
            .unwrap();
        let reasons = reasons(machine.find(&Environment::default()).unwrap_err());
        assert!(reasons.contains("12/bin: version 12.22 is too old\n"), "{reasons}");
        assert!(
            reasons.contains("13/bin: its postgres program states no version but \"cannot load library\""),
            "{reasons}"
        );
    }

    #[test]
    fn a_directory_named_explicitly_is_the_only_one_searched() {
        let machine = Machine::new();
        machine.postgres("usr/lib/postgresql/17/bin", "17.2");
        let named = machine.postgres("named", "14.1");
        let environment = Environment { postgres_bin_dir: Some(named.clone()), ..machine.path(&["usr/bin"]) };
        assert_eq!(machine.find(&environment).unwrap(), named);
        fs::remove_dir_all(&named).unwrap();
        let reasons = reasons(machine.find(&environment).unwrap_err());
        assert_eq!(reasons.lines().count(), 1, "{reasons}");
        assert!(reasons.contains("no such directory (named explicitly"), "{reasons}");
    }

    #[test]
    fn the_callers_choice_goes_before_the_environments() {
        let machine = Machine::new();
        let environment =
            Environment { postgres_bin_dir: Some(machine.postgres("a", "14.1")), ..Environment::default() };
        let chosen = machine.postgres("b", "15.1");
        let read = |program: &Path| fs::read_to_string(program).ok();
        let found = find_postgres(Some(&chosen), &environment, machine.root(), read).unwrap();
        assert_eq!(
            found,
            PostgresInstallation { bin_dir: chosen, version: PostgresVersion { major: 15, minor: 1 } }
        );
    }

    #[test]
    fn nothing_installed_names_every_place_and_the_ways_out() {
        let machine = Machine::new();
        let message = machine.find(&machine.path(&["usr/games"])).unwrap_err().to_string();
        for part in [
            "usr/games: no such directory (on PATH)",
            "usr/lib/postgresql/*/bin: no such directory",
            "usr/pgsql-*/bin",
            "apt-get install postgresql",
            "dnf install postgresql-server postgresql-contrib",
            "brew install postgresql@17",
            "--database-url",
            "AFORO_PG_BINDIR",
            "version 13 or newer",
        ] {
            assert!(message.contains(part), "{part} is missing in:\n{message}");
        }
    }

    #[test]
    fn redis_is_found_on_path_first_and_valkey_is_as_good() {
        let machine = Machine::new();
        let elsewhere = machine.program("usr/local/bin/redis-server", "");
        let find = |environment: &Environment| find_redis(None, environment, machine.root()).unwrap();
        assert_eq!(find(&machine.path(&["tools"])), elsewhere);
        let on_path = machine.program("tools/valkey-server", "");
        assert_eq!(find(&machine.path(&["tools"])), on_path);
        let environment = Environment { redis_server: Some(elsewhere.clone()), ..machine.path(&["tools"]) };
        assert_eq!(find(&environment), elsewhere);
    }

    #[test]
    fn no_redis_names_every_place_and_the_ways_out() {
        let machine = Machine::new();
        fs::create_dir_all(machine.root().join("usr/bin")).unwrap();
        let error = find_redis(None, &machine.path(&["usr/bin"]), machine.root()).unwrap_err();
        let message = error.to_string();
        for part in [
            "apt-get install redis-server",
            "dnf install valkey",
            "brew install redis",
            "--redis-url",
            "AFORO_REDIS_SERVER",
        ] {
            assert!(message.contains(part), "{part} is missing in:\n{message}");
        }
        let reasons = reasons(error);
        assert_eq!(reasons.matches("usr/bin: no redis-server, no valkey-server\n").count(), 1, "{reasons}");
        let named = find_redis(Some(Path::new("/nonexistent")), &Environment::default(), machine.root());
        assert!(named.unwrap_err().to_string().contains("/nonexistent: not an executable file"));
    }

    #[test]
    fn relative_entries_of_path_are_not_searched() {
        let environment =
            Environment { path: Some(OsString::from("bin::/usr/bin:.")), ..Environment::default() };
        assert_eq!(environment.path_directories(), [PathBuf::from("/usr/bin")]);
    }
}
