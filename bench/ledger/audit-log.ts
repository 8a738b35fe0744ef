/** What a server logs, in a file that begins anew with each load. */
import { once } from "node:events";
import { createReadStream, createWriteStream, type WriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const AUDIT_LINE = /LOG: {2}AUDIT: /;

export class AuditLog {
  readonly #dir: string;
  #file: WriteStream;
  #rest = "";
  #auditBytes = 0;
  #awaited: { readonly text: string; readonly seen: () => void } | undefined;

  private constructor(dir: string) {
    this.#dir = dir;
    this.#file = createWriteStream(this.#path);
  }

  /** In a temporary directory. */
  static async create(): Promise<AuditLog> {
    return new AuditLog(await mkdtemp(join(tmpdir(), "whosaw-bench-pgaudit-log-")));
  }

  get #path(): string {
    return join(this.#dir, "postgresql.log");
  }

  /** Takes what the server has written: perhaps half a line. */
  add(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      if (AUDIT_LINE.test(line)) this.#auditBytes += Buffer.byteLength(line) + 1;
      else if (this.#awaited !== undefined && line.includes(this.#awaited.text)) this.#awaited.seen();
    }
    // Between two loads nobody reads it.
    if (!this.#file.writableEnded) this.#file.write(text);
  }

  /** Empties it. */
  async restart(): Promise<void> {
    await this.#end();
    this.#file = createWriteStream(this.#path);
    this.#auditBytes = 0;
  }

  /** Waits for a line with this text, which is behind all that was logged before. @returns how long the audit lines are */
  async until(text: string): Promise<number> {
    await new Promise<void>((seen) => (this.#awaited = { text, seen }));
    this.#awaited = undefined;
    await this.#end();
    return this.#auditBytes;
  }

  /** Searches the file as one would: an audit line whose parameter is the subject's key. */
  async names(subject: number): Promise<boolean> {
    const parameter = new RegExp(`,${subject},\\d+$`);
    let found = false;
    for await (const line of createInterface(createReadStream(this.#path))) found ||= parameter.test(line);
    return found;
  }

  /** The file, and its directory. */
  async remove(): Promise<void> {
    await this.#end();
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #end(): Promise<void> {
    if (this.#file.writableEnded) return;
    this.#file.end();
    await once(this.#file, "finish");
  }
}
