/**
 * A backup of the state as a file: lines of UTF-8, each ended by a line feed.
 *
 *     {"format":"whosaw state backup 1","installation":"...","tables":"0001-first","atMs":1800000000000}
 *     logs {"origin":"...","vkey":"...","size":7,"root":"\\x01...","seen_ms":1800000000000}
 *     strata {"number":1,"kind":"customer","name":"[\"country\"]","value":"[\"FR\"]"}
 *     end 2 5f70bf18...
 *
 * The first says whose state it is, the migration that its tables stand at, and when it was. Then a line for each row:
 * its table and the row as PostgreSQL's row_to_json writes it. The last has the number of rows and, in hex, the SHA-256
 * of all bytes before it.
 */
import { createHash } from "node:crypto";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";

const FORMAT = "whosaw state backup 1";

export interface BackupHeader {
  readonly installation: string;
  /** Name of the last migration that had run. */
  readonly tables: string;
  readonly atMs: number;
}

export interface BackupRow {
  readonly table: string;
  /** A JSON object. */
  readonly json: string;
}

/** Makes the lines of a backup, in order: header, rows, end. */
export class BackupLines {
  readonly #hash = createHash("sha256");
  #rows = 0;

  header({ installation, tables, atMs }: BackupHeader): string {
    return this.#line(JSON.stringify({ format: FORMAT, installation, tables, atMs }));
  }

  row({ table, json }: BackupRow): string {
    this.#rows += 1;
    return this.#line(`${table} ${json}`);
  }

  end(): string {
    return `end ${this.#rows} ${this.#hash.digest("hex")}\n`;
  }

  #line(text: string): string {
    if (Buffer.byteLength(text) >= LIMITS.backupLineBytesMax) {
      throw new WhosawError("STATE_FAILED", "A row of the state is too long to be backed up.");
    }
    this.#hash.update(`${text}\n`);
    return `${text}\n`;
  }
}

/**
 * Reads a backup. What it yields may be believed only once it has come to its end: the checksum stands there.
 * @param chunks the file's bytes
 * @throws {WhosawError} STATE_FAILED when it is no backup, of an unknown format, cut off or altered
 */
export async function* readBackup(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<BackupHeader | BackupRow, void, undefined> {
  const hash = createHash("sha256");
  let rows = -1;
  let ended = false;
  for await (const line of lines(chunks)) {
    if (ended) throw damaged("there is more after its end");
    if (rows === -1) {
      yield parseHeader(textOf(line));
    } else if (line.subarray(0, 4).toString("latin1") === "end ") {
      if (textOf(line) !== `end ${rows} ${hash.copy().digest("hex")}\n`) throw damaged("its checksum is another");
      ended = true;
      continue;
    } else {
      yield parseRow(textOf(line));
    }
    hash.update(line);
    rows += 1;
  }
  if (!ended) throw damaged("it is cut off");
}

/** Whole lines with their line feeds. */
async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let from = 0;
    for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, from)) {
      length += at + 1 - from;
      if (length > LIMITS.backupLineBytesMax) throw damaged("it has a line that is too long");
      yield Buffer.concat([...parts, bytes.subarray(from, at + 1)]);
      [parts, length, from] = [[], 0, at + 1];
    }
    parts.push(bytes.subarray(from));
    length += bytes.length - from;
    if (length > LIMITS.backupLineBytesMax) throw damaged("it has a line that is too long");
  }
  if (length > 0) throw damaged("it is cut off");
}

function textOf(line: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(line);
  } catch {
    throw damaged("it is not UTF-8");
  }
}

function parseHeader(line: string): BackupHeader {
  const { format, installation, tables, atMs } = objectIn(line) ?? {};
  if (typeof format !== "string" || !format.startsWith("whosaw state backup ")) {
    throw new WhosawError("STATE_FAILED", "This file is no backup of a state.", {
      hint: "Give a file that `whosaw state backup` has written.",
    });
  }
  if (format !== FORMAT) {
    throw new WhosawError("STORE_MISMATCH", "This backup is of a format that this whosaw does not know.", {
      hint: "Restore it with the whosaw that made it, or a newer one.",
    });
  }
  if (typeof installation !== "string" || typeof tables !== "string" || !isTime(atMs)) throw damaged("its first line");
  return { installation, tables, atMs };
}

/** As a Date takes it. */
function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= 8.64e15;
}

function parseRow(line: string): BackupRow {
  const table = /^([a-z_]{1,63}) \{/u.exec(line)?.[1];
  const json = line.slice((table?.length ?? 0) + 1, -1);
  if (table === undefined || objectIn(json) === undefined) throw damaged("it has a line that is no row");
  return { table, json };
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** @param why after "the backup cannot be used:" */
export function damaged(why: string, cause?: unknown): WhosawError {
  return new WhosawError("STATE_FAILED", `The backup cannot be used: ${why}.`, {
    hint: "Take another copy of it, or an older backup: the logs make up for what it does not know. Nothing was changed.",
    cause,
  });
}
