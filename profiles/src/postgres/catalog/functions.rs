//! Functions that are not Postgres' own.

use aforo_model::database::FunctionFacts;

use crate::postgres::error::DatabaseError;
use crate::postgres::session::Session;

const FUNCTIONS: &str = "SELECT json_build_object('schema', n.nspname, 'name', p.proname) AS name, \
    l.lanname AS language, \
    CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END AS volatility, \
    p.procost AS cost, p.prorows AS rows, \
    EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::regclass \
        AND d.objid = p.oid AND d.deptype = 'e') AS is_from_extension, \
    EXISTS (SELECT FROM pg_catalog.pg_operator o WHERE o.oprcode = p.oid) \
        OR EXISTS (SELECT FROM pg_catalog.pg_cast c WHERE c.castfunc = p.oid) \
        OR EXISTS (SELECT FROM pg_catalog.pg_amproc a WHERE a.amproc = p.oid) AS is_called_unnamed \
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
    JOIN pg_catalog.pg_language l ON l.oid = p.prolang \
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_temp' \
    ORDER BY n.nspname, p.proname, p.oid";

pub(super) async fn read(session: &mut Session) -> Result<Vec<FunctionFacts>, DatabaseError> {
    session.values("its functions", FUNCTIONS).await
}
