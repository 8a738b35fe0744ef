/**
 * Settings of the engine. A ClickHouse of 2018 refuses a statement that names a setting it does not know, so each engine is
 * asked which ones it knows, and gets those.
 */
import { LIMITS } from "../base/limits.ts";

export type Settings = Readonly<Record<string, string | number>>;

/** A row takes four bytes at the least: no INSERT is ever cut into two blocks. */
const INSERT_ROWS_MAX = LIMITS.columnsInsertBytesMax / 4;

/** For every statement. */
export const QUERY_SETTINGS: Settings = {
  // Every question is another one, and to compile it takes longer than to answer it.
  compile_expressions: 0,
  compile_aggregate_expressions: 0,
  compile_sort_description: 0,
  // 64 bits do not fit JavaScript's numbers.
  output_format_json_quote_64bit_integers: 1,
  // An INSERT is one block, written before it is answered: all of it, or nothing.
  async_insert: 0,
  // Replicas would take two aggregates that happen to have equal rows for one that came twice.
  insert_deduplicate: 0,
  input_format_parallel_parsing: 0,
  max_insert_block_size: INSERT_ROWS_MAX,
  min_insert_block_size_rows: INSERT_ROWS_MAX,
  min_insert_block_size_bytes: 0,
  max_bytes_before_external_group_by: LIMITS.columnsSpillBytes,
  max_bytes_before_external_sort: LIMITS.columnsSpillBytes,
  max_memory_usage: LIMITS.columnsQueryBytesMax,
  // Lists of statements and forms stand in the text of a query.
  max_query_size: LIMITS.columnsQueryTextBytesMax,
};

/** For every table. */
export const TABLE_SETTINGS: Settings = {
  // Columns must not have forgotten rows that `shipped` speaks of.
  fsync_after_insert: 1,
  fsync_part_directory: 1,
  default_compression_codec: "ZSTD(1)",
};

/** For the embedded engine as a whole. */
export const ENGINE_SETTINGS: Settings = {
  max_server_memory_usage: LIMITS.columnsMemoryBytesMax,
  mark_cache_size: LIMITS.columnsCacheBytesMax,
  primary_index_cache_size: LIMITS.columnsCacheBytesMax,
  index_mark_cache_size: 0,
  uncompressed_cache_size: 0,
  query_condition_cache_size: 0,
  compiled_expression_cache_size: 0,
  background_pool_size: 2,
  // A look-up reads a little from each part: handing every read to another thread takes longer than the read.
  local_filesystem_read_method: "pread",
};

/** Those of `wanted` whose names the engine knows. */
export function knownSettings(wanted: Settings, names: ReadonlySet<string>): Settings {
  return Object.fromEntries(Object.entries(wanted).filter(([name]) => names.has(name)));
}
