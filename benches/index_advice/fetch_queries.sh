#!/bin/sh
# The texts of the TPC-H queries, out of DuckDB's own package, into target/tpch-queries: they are under the TPC's licence, and so
# not part of this repository. Needs Python with venv, and the network once.
set -eu

folder=${1:-target/tpch-queries}
[ -f "$folder/22.sql" ] && exit 0
mkdir -p "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'duckdb==1.1.3'
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import pathlib, sys, duckdb
folder = pathlib.Path(sys.argv[1])
connection = duckdb.connect()
connection.execute("load tpch")
for number, text in connection.execute("select query_nr, query from tpch_queries()").fetchall():
    (folder / f"{number}.sql").write_text(text)
PYTHON
