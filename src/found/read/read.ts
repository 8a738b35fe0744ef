/** Reads a copy of any kind and size: what it holds comes as batches of rows, each of one table. */
import { WhosawError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { CopyParser, CopyRow, CopySink, CopyTable, CopyTarget } from "./copy.ts";
import { decoderOf, encodingOf } from "./decode.ts";
import { DelimitedParser, delimiterOf } from "./delimited.ts";
import { JsonParser } from "./json.ts";
import { SqlParser } from "./sql.ts";

export interface CopyBatch {
  /** The same object in every batch of this table. */
  readonly table: CopyTable;
  readonly rows: readonly CopyRow[];
}

/** What was found in a file, whole once it has been read. */
export interface CopyRead {
  format: "delimited" | "json" | "sql" | undefined;
  bytes: number;
  rows: number;
  /** Values too long, or a record that could not be read: each is left out from there on. */
  cut: number;
}

/**
 * @param chunks the file's bytes
 * @param read counted while batches come
 * @throws WhosawError COPY_UNREADABLE for what is no text, JSON without objects, more bytes, rows or tables than may be
 */
export async function* readCopy(
  chunks: AsyncIterable<Uint8Array>,
  read: CopyRead,
): AsyncGenerator<CopyBatch, void, undefined> {
  const batches = new Batches(read);
  let parser: Started | undefined;
  const held: Uint8Array[] = [];
  for await (const chunk of chunks) {
    read.bytes += chunk.length;
    if (read.bytes > LIMITS.foundFileBytesMax) throw tooMuch(`longer than ${LIMITS.foundFileBytesMax / 2 ** 30} GiB`);
    if (parser === undefined) {
      held.push(chunk);
      if (read.bytes < LIMITS.foundHeadBytes) continue;
      parser = start(Buffer.concat(held), batches, read);
    } else parser.write(chunk);
    yield* batches.take(LIMITS.foundBatchRows);
  }
  parser ??= start(Buffer.concat(held), batches, read);
  parser.end();
  yield* batches.take(1);
}

export function nothingRead(): CopyRead {
  return { format: undefined, bytes: 0, rows: 0, cut: 0 };
}

interface Started {
  write(bytes: Uint8Array): void;
  end(): void;
}

function start(head: Buffer, sink: CopySink, read: CopyRead): Started {
  const decode = decoderOf(encodingOf(head.subarray(0, LIMITS.foundHeadBytes)));
  const text = decode(head);
  const parser = parserOf(text, sink, read);
  // Pieces: a chunk of any length is never held twice.
  const write = (from: string): void => {
    for (let i = 0; i < from.length; i += LIMITS.foundHeadBytes) parser.write(from.slice(i, i + LIMITS.foundHeadBytes));
  };
  write(text);
  return {
    write: (bytes) => write(decode(bytes)),
    end: () => {
      write(decode());
      parser.end();
    },
  };
}

function parserOf(text: string, sink: CopySink, read: CopyRead): CopyParser {
  const head = text.slice(0, LIMITS.foundHeadBytes);
  const first = /\S/u.exec(head)?.[0] ?? "";
  if (first === "{" || first === "[") {
    read.format = "json";
    return new JsonParser(sink);
  }
  if (SQL.test(head)) {
    read.format = "sql";
    return new SqlParser(sink, { backslashes: /`|MySQL|MariaDB/iu.test(head) });
  }
  read.format = "delimited";
  return new DelimitedParser(sink, delimiterOf(head));
}

/** A statement at the start of a line, as dumps begin. */
const SQL =
  /^(?:-- |\/\*|#|SET |BEGIN|START |USE |CREATE |DROP |LOCK |INSERT (?:IGNORE )?INTO |REPLACE INTO |COPY [\w."]+ ?\()/imu;

function tooMuch(what: string): WhosawError {
  return new WhosawError("COPY_UNREADABLE", `The file is ${what}.`, {
    hint: "Give a part of it: a copy is known by far fewer rows.",
  });
}

/** Rows as parsers find them, until they are taken. */
class Batches implements CopySink {
  readonly #read: CopyRead;
  readonly #tables = new Map<string, Table>();
  #held = 0;

  constructor(read: CopyRead) {
    this.#read = read;
  }

  table(name: string | undefined, columns: readonly string[]): CopyTarget {
    const shown = columns.map(shownName);
    const key = JSON.stringify([name, shown]);
    const known = this.#tables.get(key);
    if (known !== undefined) return known;
    if (this.#tables.size === LIMITS.foundTablesMax) throw tooMuch(`of more than ${LIMITS.foundTablesMax} tables`);
    const made = new Table(name === undefined ? undefined : shownName(name), shown, () => this.#count());
    this.#tables.set(key, made);
    return made;
  }

  cut(): void {
    this.#read.cut += 1;
  }

  #count(): void {
    this.#read.rows += 1;
    this.#held += 1;
    if (this.#read.rows > LIMITS.foundRowsMax) throw tooMuch(`of more than ${LIMITS.foundRowsMax} rows`);
  }

  /** All that is held, if it is so many rows. */
  *take(least: number): Generator<CopyBatch, void, undefined> {
    if (this.#held < least) return;
    this.#held = 0;
    for (const table of this.#tables.values()) {
      const rows = table.take();
      if (rows.length > 0) yield { table, rows };
    }
  }
}

class Table implements CopyTable, CopyTarget {
  readonly name: string | undefined;
  readonly columns: string[];
  readonly #onRow: () => void;
  #rows: CopyRow[] = [];

  constructor(name: string | undefined, columns: readonly string[], onRow: () => void) {
    this.name = name;
    this.columns = [...columns];
    this.#onRow = onRow;
  }

  row(values: CopyRow): void {
    this.#rows.push(values);
    this.#onRow();
  }

  column(name: string): number | undefined {
    if (this.columns.length >= LIMITS.foundColumnsMax) return undefined;
    return this.columns.push(shownName(name)) - 1;
  }

  take(): readonly CopyRow[] {
    const taken = this.#rows;
    this.#rows = [];
    return taken;
  }
}

/** On one line of a terminal, without what could steer it. */
function shownName(name: string): string {
  return name.replace(/\p{C}/gu, "?").slice(0, LIMITS.shownNameCharsMax);
}
