#!/bin/sh
# Refuses dependencies that deny.toml bans, with nothing but cargo: no second TLS stack, no second copy of the large crates.
# cargo-deny checks the same and more (licences, advisories), but needs an installation and the network.
set -eu

# Every crate that is compiled on any platform, as "name version …", repeated. A failure of cargo ends the script here.
tree=$(cargo tree --workspace --locked --target all --edges normal,build,dev --prefix none --format '{p}')

printf '%s\n' "$tree" | awk '{ print $1, $2 }' | sort -u | awk '
    BEGIN {
        why["openssl"] = why["openssl-sys"] = why["native-tls"] = "TLS is rustls: nothing to install, the same everywhere"
        why["ring"] = "rustls has one provider, aws-lc-rs; with two it cannot choose and panics"
        split("reqwest hyper rustls tokio axum", names)
        for (i in names) single[names[i]] = 1
    }
    $1 in why { printf "banned: %s %s (%s)\n  find who needs it: cargo tree --target all -i %s\n", $1, $2, why[$1], $1; bad = 1 }
    $1 in single && ++versions[$1] == 2 {
        printf "more than one version of %s\n  find who needs which: cargo tree --target all -d\n", $1; bad = 1
    }
    END { exit bad }
' >&2
