/** A file as rows, read once from front to back with bounded memory. */
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { CsvStream } from "./csv-stream.ts";
import { type Format, FORMATS } from "./formats.ts";
import { JsonStream } from "./json-stream.ts";
import { type ImportRow, RowProblem, type RowReader, type RowSetting } from "./row.ts";

export interface ReadProblem {
  readonly line: number;
  readonly message: string;
}

export interface ReadFile {
  /** SHA-256 of the bytes, in hex. */
  readonly sha256: string;
  /** Lines that show nobody. */
  readonly ignored: number;
  /** In order; reading ends with the first that leaves the rest unreadable, or when there are enough of them. */
  readonly problems: readonly ReadProblem[];
}

export interface ReadProgress {
  readonly bytes: number;
  readonly size: number;
}

/**
 * Reads every row.
 * @param take may be given a promise's chance: it is awaited after each piece of the file, not after each row
 * @throws WhosawError FILE_UNREADABLE
 */
export async function readRows(
  path: string,
  format: Format,
  setting: RowSetting,
  take: {
    readonly row: (row: ImportRow) => void;
    /** After each piece of the file. */
    readonly piece?: (progress: ReadProgress) => Promise<void>;
  },
): Promise<ReadFile> {
  const file = await openFile(path);
  try {
    return await new Reading(file, path, format, setting, take.row).run(take.piece);
  } finally {
    await file.close();
  }
}

/** The beginning of a file, to tell its format by. @throws WhosawError FILE_UNREADABLE */
export async function readStart(path: string): Promise<string> {
  const file = await openFile(path);
  try {
    const bytes = Buffer.allocUnsafe(LIMITS.importPieceBytes);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return bytes.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    if ((await file.stat()).isFile()) return file;
  } catch (cause) {
    await file?.close();
    throw unreadable(path, "cannot be read", cause);
  }
  await file.close();
  throw unreadable(path, "is no file: it is read twice, so it cannot be a pipe");
}

function unreadable(path: string, what: string, cause?: unknown): WhosawError {
  const hint = "Give the path of a file on this machine.";
  return new WhosawError("FILE_UNREADABLE", `${basename(path)} ${what}.`, { hint, cause });
}

class Reading {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #reader: RowReader<never>;
  readonly #stream: CsvStream | JsonStream;
  readonly #emit: (row: ImportRow) => void;
  readonly #problems: ReadProblem[] = [];
  #ended = false;

  constructor(file: FileHandle, path: string, format: Format, setting: RowSetting, emit: (row: ImportRow) => void) {
    this.#file = file;
    this.#path = path;
    const { text, reader } = FORMATS[format];
    this.#stream = text === "csv" ? new CsvStream() : new JsonStream();
    this.#reader = reader(setting);
    this.#emit = emit;
  }

  async run(piece: ((progress: ReadProgress) => Promise<void>) | undefined): Promise<ReadFile> {
    const sha256 = createHash("sha256");
    const utf8 = new TextDecoder("utf-8", { fatal: true });
    const { size } = await this.#file.stat();
    const buffer = Buffer.allocUnsafe(LIMITS.importPieceBytes);
    let at = 0;
    while (!this.#ended) {
      const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, at).catch((cause: unknown) => {
        throw unreadable(this.#path, "cannot be read", cause);
      });
      const bytes = buffer.subarray(0, bytesRead);
      sha256.update(bytes);
      at += bytesRead;
      this.#take(() => decoded(utf8, bytes, bytesRead === 0), bytesRead === 0);
      await piece?.({ bytes: at, size });
      if (bytesRead === 0) break;
    }
    return { sha256: sha256.digest("hex"), ignored: this.#reader.ignored, problems: this.#problems };
  }

  #take(text: () => string, last: boolean): void {
    try {
      for (const record of this.#stream.push(text())) this.#record(record);
      if (!last) return;
      for (const record of this.#stream.end()) this.#record(record);
      this.#reader.end(this.#emit);
    } catch (error) {
      this.#problem(error);
    }
  }

  #record(record: unknown): void {
    if (this.#ended) return;
    try {
      // The stream's records are what the format's reader takes: formats.ts pairs them.
      this.#reader.take(record as never, this.#emit);
    } catch (error) {
      this.#problem(error);
    }
  }

  #problem(error: unknown): void {
    if (!(error instanceof RowProblem)) throw error;
    const { line, message, fatal } = error;
    this.#problems.push({ line, message });
    this.#ended ||= fatal || this.#problems.length >= LIMITS.importProblemsMax;
  }
}

function decoded(utf8: InstanceType<typeof TextDecoder>, bytes: Uint8Array, last: boolean): string {
  try {
    return utf8.decode(bytes, { stream: !last });
  } catch {
    throw new RowProblem(1, "The file is not UTF-8.", true);
  }
}
