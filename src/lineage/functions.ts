/**
 * The built-in functions that may run, by name in pg_catalog: pure ones, and those that drivers and psql need to read
 * the catalog. Whatever is not listed is refused: it could read tables, files or other sessions by itself.
 *
 * Left out on purpose: anything that takes SQL text or a relation's contents by name (query_to_xml, table_to_xml,
 * ts_stat, dblink, crosstab), files (pg_read_file, pg_ls_dir, lo_*), other sessions (pg_stat_get_activity,
 * pg_terminate_backend), planner statistics (they hold stored values), pg_sleep (a clock for blind questions).
 */
export type FunctionClass =
  /** One value from its arguments. */
  | "pure"
  /** As pure; and cannot fail on any stored value of the types it takes. */
  | "safe"
  /** About the session, the server or the time; no table's contents. */
  | "session"
  /** Reads the system catalog. */
  | "catalog"
  | "sequence"
  | "aggregate"
  | "window"
  /** Returns a set of rows. */
  | "set"
  /** Leaves something behind outside of the result: refused beside protected tables. */
  | "effect";

const NAMES: Record<FunctionClass, string> = {
  safe: `lower upper initcap length char_length character_length octet_length bit_length btrim ltrim rtrim reverse md5
    concat concat_ws to_json to_jsonb row_to_json pg_typeof num_nonnulls num_nulls starts_with strpos position
    ascii quote_ident quote_literal quote_nullable array_length array_ndims cardinality array_upper array_lower
    array_to_string array_position array_positions array_to_json jsonb_typeof json_typeof jsonb_pretty jsonb_strip_nulls
    json_strip_nulls isfinite host family masklen left right`,
  pure: `abs cbrt ceil ceiling degrees div exp factorial floor gcd lcm ln log log10 min_scale mod power pow radians round
    scale sign sqrt trim_scale trunc width_bucket sin sind cos cosd tan tand asin asind acos acosd atan atand atan2 atan2d
    sinh cosh tanh asinh acosh atanh cot cotd pi erf erfc gamma lgamma
    chr convert convert_from convert_to decode encode format lpad rpad normalize is_normalized overlay parse_ident
    regexp_count regexp_instr regexp_like regexp_match regexp_replace regexp_substr regexp_split_to_array repeat replace
    split_part substr substring string_to_array to_ascii to_hex to_bin to_oct translate unistr casefold
    crc32 crc32c sha224 sha256 sha384 sha512 get_bit get_byte set_bit set_byte bit_count
    to_char to_date to_number to_timestamp age date_bin date_part date_trunc extract justify_days justify_hours
    justify_interval make_date make_interval make_time make_timestamp make_timestamptz timezone date_add date_subtract
    date timestamp timestamptz time timetz interval text int2 int4 int8 float4 float8 numeric bool varchar bpchar
    overlaps enum_first enum_last enum_range
    array_append array_cat array_dims array_fill array_prepend array_remove array_replace array_reverse array_sort
    array_sample array_shuffle trim_array like_escape similar_to_escape similar_escape xmlexists like notlike
    json_build_array json_build_object json_object jsonb_build_array jsonb_build_object jsonb_object json_array_length
    jsonb_array_length json_extract_path json_extract_path_text jsonb_extract_path jsonb_extract_path_text jsonb_set
    jsonb_set_lax jsonb_insert jsonb_path_exists jsonb_path_match jsonb_path_query_array jsonb_path_query_first
    jsonb_path_exists_tz jsonb_path_match_tz jsonb_path_query_array_tz jsonb_path_query_first_tz jsonb_concat jsonb_delete
    jsonb_contains jsonb_contained jsonb_exists json_scalar json_serialize
    lower_inc lower_inf upper_inc upper_inf isempty range_merge multirange int4range int8range numrange tsrange tstzrange daterange
    int4multirange int8multirange nummultirange tsmultirange tstzmultirange datemultirange
    area box center circle diagonal diameter height isclosed isopen line lseg npoints path pclose point polygon popen radius slope width
    abbrev broadcast hostmask inet_merge inet_same_family netmask network set_masklen text macaddr8_set7bit
    to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery ts_rank ts_rank_cd ts_headline
    ts_delete ts_filter setweight strip numnode querytree tsquery_phrase tsvector_to_array array_to_tsvector
    json_populate_record jsonb_populate_record xmlcomment xml_is_well_formed uuid_extract_timestamp uuid_extract_version
    hashtext hashtextextended hash_record xpath xpath_exists`,
  session: `now statement_timestamp transaction_timestamp clock_timestamp timeofday version current_database current_schema
    current_schemas current_user session_user user current_role current_catalog current_setting pg_backend_pid pg_is_in_recovery pg_postmaster_start_time
    pg_conf_load_time inet_client_addr inet_client_port inet_server_addr inet_server_port pg_client_encoding
    gen_random_uuid uuidv4 uuidv7 random random_normal txid_current txid_current_if_assigned pg_current_xact_id
    pg_current_xact_id_if_assigned pg_current_snapshot txid_current_snapshot pg_trigger_depth pg_jit_available
    pg_is_in_backup pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_current_wal_lsn pg_wal_lsn_diff pg_blocking_pids pg_my_temp_schema
    pg_is_other_temp_schema pg_listening_channels pg_notification_queue_usage pg_last_xact_replay_timestamp pg_is_wal_replay_paused row_security_active`,
  catalog: `format_type pg_get_expr pg_get_constraintdef pg_get_indexdef pg_get_viewdef pg_get_triggerdef pg_get_ruledef
    pg_get_functiondef pg_get_function_arguments pg_get_function_identity_arguments pg_get_function_result
    pg_get_function_arg_default pg_get_function_sqlbody pg_get_userbyid pg_get_serial_sequence pg_get_partkeydef
    pg_get_partition_constraintdef pg_get_statisticsobjdef pg_get_statisticsobjdef_columns pg_get_replica_identity_index
    pg_partition_root pg_table_is_visible pg_type_is_visible pg_function_is_visible pg_operator_is_visible
    pg_opclass_is_visible pg_opfamily_is_visible pg_collation_is_visible pg_conversion_is_visible pg_ts_config_is_visible
    pg_ts_dict_is_visible pg_ts_parser_is_visible pg_ts_template_is_visible pg_statistics_obj_is_visible
    has_table_privilege has_column_privilege has_any_column_privilege has_schema_privilege has_database_privilege
    has_function_privilege has_language_privilege has_sequence_privilege has_server_privilege has_tablespace_privilege
    has_type_privilege has_foreign_data_wrapper_privilege has_parameter_privilege pg_has_role
    obj_description col_description shobj_description pg_describe_object pg_identify_object pg_encoding_to_char
    pg_char_to_encoding pg_tablespace_location pg_relation_size pg_table_size pg_indexes_size pg_total_relation_size
    pg_size_pretty pg_size_bytes pg_database_size pg_tablespace_size pg_column_size pg_column_compression
    pg_relation_is_publishable pg_relation_is_updatable pg_column_is_updatable pg_index_column_has_property
    pg_index_has_property pg_indexam_has_property pg_get_acl makeaclitem to_regclass to_regtype to_regtypemod to_regproc to_regprocedure
    to_regoper to_regoperator to_regnamespace to_regrole to_regcollation pg_basetype pg_relation_filenode
    pg_collation_for getdatabaseencoding acldefault`,
  sequence: `nextval currval lastval pg_sequence_last_value`,
  aggregate: `count sum avg min max array_agg string_agg bool_and bool_or every bit_and bit_or bit_xor json_agg jsonb_agg
    json_object_agg jsonb_object_agg json_agg_strict jsonb_agg_strict json_object_agg_strict jsonb_object_agg_strict
    json_object_agg_unique jsonb_object_agg_unique json_object_agg_unique_strict jsonb_object_agg_unique_strict xmlagg any_value
    stddev stddev_pop stddev_samp variance var_pop var_samp corr covar_pop covar_samp regr_avgx regr_avgy regr_count
    regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy mode percentile_cont percentile_disc range_agg
    range_intersect_agg grouping`,
  window: `row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value`,
  set: `generate_series generate_subscripts unnest json_array_elements json_array_elements_text jsonb_array_elements
    jsonb_array_elements_text json_each json_each_text jsonb_each jsonb_each_text json_object_keys jsonb_object_keys
    json_to_record jsonb_to_record json_to_recordset jsonb_to_recordset json_populate_recordset jsonb_populate_recordset
    jsonb_path_query jsonb_path_query_tz regexp_matches regexp_split_to_table string_to_table aclexplode
    _pg_expandarray pg_get_keywords pg_options_to_table pg_timezone_names pg_timezone_abbrevs pg_partition_tree
    pg_partition_ancestors pg_sequence_parameters pg_get_catalog_foreign_keys ts_parse
    ts_token_type ts_debug`,
  effect: `set_config setval setseed pg_notify pg_advisory_lock pg_advisory_lock_shared pg_advisory_unlock pg_advisory_unlock_shared
    pg_advisory_unlock_all pg_advisory_xact_lock pg_advisory_xact_lock_shared pg_try_advisory_lock
    pg_try_advisory_lock_shared pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared pg_export_snapshot`,
};

const CLASSES: ReadonlyMap<string, FunctionClass> = new Map(
  Object.entries(NAMES).flatMap(([kind, names]) =>
    names.split(/\s+/).map((name): [string, FunctionClass] => [name, kind as FunctionClass]),
  ),
);

/** What a built-in function is, or undefined if it is not allowed. */
export function functionClass(name: string): FunctionClass | undefined {
  return CLASSES.get(name);
}

/** Aggregates that cannot fail on a stored value. */
export const SAFE_AGGREGATES: ReadonlySet<string> = new Set([
  "count",
  "min",
  "max",
  "array_agg",
  "string_agg",
  "bool_and",
  "bool_or",
  "every",
  "json_agg",
  "jsonb_agg",
  "any_value",
]);

/** Operators that cannot fail on a stored value, whatever their operands (LIKE only with a pattern of the client). */
export const SAFE_OPERATORS: ReadonlySet<string> = new Set([
  "=",
  "<>",
  "!=",
  "<",
  ">",
  "<=",
  ">=",
  "BETWEEN",
  "NOT BETWEEN",
  "BETWEEN SYMMETRIC",
  "NOT BETWEEN SYMMETRIC",
]);
export const PATTERN_OPERATORS: ReadonlySet<string> = new Set(["~~", "!~~", "~~*", "!~~*"]);

/** Types to which any value can be cast without failing. */
export const SAFE_CASTS: ReadonlySet<string> = new Set(["text", "varchar"]);
