//! Functions of Postgres' own that only compute or read.

use crate::FunctionUse;

/// Whether a function is one of Postgres' own that changes nothing, neither in the database nor in a session, and waits
/// for nothing.
///
/// What is not listed is refused, so what is dangerous is not listed: advisory locks, `pg_notify`, `pg_sleep`, `nextval`,
/// `setval`, `set_config`, `lo_*`, `pg_cancel_backend`, `pg_terminate_backend`, `pg_read_file`, and functions that run
/// SQL from a text (`query_to_xml`, `ts_stat`).
pub(crate) fn is_harmless_function(function: &FunctionUse) -> bool {
    function.schema.as_deref().is_none_or(|schema| schema == "pg_catalog")
        && HARMLESS.split_ascii_whitespace().any(|name| name == function.name)
}

/// By name, in their order.
const HARMLESS: &str = "
    abs acos acosd age array_agg array_append array_cat array_dims array_fill array_length array_lower
    array_ndims array_position array_positions array_prepend array_remove array_replace array_to_json
    array_to_string array_to_tsvector array_upper ascii asin asind atan atan2 atan2d atand avg bit_and
    bit_count bit_length bit_or bit_xor bool_and bool_or bound_box box btrim cardinality cbrt ceil
    ceiling center char_length character_length chr circle clock_timestamp col_description concat
    concat_ws convert convert_from convert_to corr cos cosd cosh cot cotd count covar_pop covar_samp
    cume_dist current_database current_schema current_schemas current_setting date date_bin date_part
    date_trunc daterange decode degrees dense_rank diagonal diameter div encode enum_first enum_last
    enum_range every exp extract factorial family first_value floor format format_type gcd
    gen_random_uuid generate_series generate_subscripts get_bit get_byte has_schema_privilege
    has_table_privilege height host hostmask inet_merge inet_same_family initcap int4range int8range
    is_normalized isclosed isempty isfinite isopen json_agg json_array_elements json_array_elements_text
    json_array_length json_build_array json_build_object json_each json_each_text json_extract_path
    json_extract_path_text json_object json_object_agg json_object_keys json_populate_record
    json_populate_recordset json_strip_nulls json_to_record json_to_recordset json_typeof jsonb_agg
    jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array
    jsonb_build_object jsonb_each jsonb_each_text jsonb_exists jsonb_extract_path
    jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_agg jsonb_object_keys
    jsonb_path_exists jsonb_path_match jsonb_path_query jsonb_path_query_array jsonb_path_query_first
    jsonb_populate_record jsonb_populate_recordset jsonb_pretty jsonb_set jsonb_set_lax
    jsonb_strip_nulls jsonb_to_record jsonb_to_recordset jsonb_typeof justify_days justify_hours
    justify_interval lag last_value lcm lead left length like_escape ln log log10 lower lower_inc
    lower_inf lpad ltrim make_date make_interval make_time make_timestamp make_timestamptz masklen max
    md5 min min_scale mod mode multirange netmask network normalize now npoints nth_value ntile
    num_nonnulls num_nulls numnode numrange obj_description octet_length overlaps overlay parse_ident
    path pclose percent_rank percentile_cont percentile_disc pg_backend_pid pg_client_encoding
    pg_column_size pg_database_size pg_encoding_to_char pg_get_constraintdef pg_get_expr
    pg_get_functiondef pg_get_indexdef pg_get_userbyid pg_get_viewdef pg_indexes_size pg_is_in_recovery
    pg_postmaster_start_time pg_relation_size pg_size_pretty pg_table_is_visible pg_table_size
    pg_total_relation_size pg_type_is_visible pg_typeof phraseto_tsquery pi plainto_tsquery point
    polygon popen position power querytree quote_ident quote_literal quote_nullable radians radius
    random range_agg range_intersect_agg range_merge rank regexp_count regexp_instr regexp_like
    regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table regexp_substr
    regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy repeat
    replace reverse right round row_number row_to_json rpad rtrim scale set_bit set_byte set_masklen
    setweight sha224 sha256 sha384 sha512 shobj_description sign similar_to_escape sin sind sinh
    split_part sqrt starts_with statement_timestamp stddev stddev_pop stddev_samp string_agg
    string_to_array string_to_table strip strpos substr substring sum tan tand tanh text timeofday
    timezone to_ascii to_char to_date to_hex to_json to_jsonb to_number to_timestamp to_tsquery
    to_tsvector transaction_timestamp translate trim_array trim_scale trunc ts_delete ts_filter
    ts_headline ts_lexize ts_rank ts_rank_cd tsrange tstzrange tsvector_to_array unistr
    unnest upper upper_inc upper_inf uuidv4 uuidv7 var_pop var_samp variance version
    websearch_to_tsquery width width_bucket xmlagg xpath xpath_exists
";
