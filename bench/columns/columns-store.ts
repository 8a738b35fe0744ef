/** Our columns, embedded, in a process of their own. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WhosawError } from "../../src/base/errors.ts";
import type { Made, Wanted } from "../../src/columns/daily/make.ts";
import type { BenchReportOf, CaseMeasured } from "./case.ts";
import { forgetFiles } from "./page-cache.ts";
import type { ActorWindow, Asked, Store } from "./store.ts";
import type { Reply, Request } from "./store-process.ts";
import type { World } from "./world.ts";

const ENDING = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
const PROGRAM = new URL(`./store-process${ENDING}`, import.meta.url);

export class ColumnsStore implements Store {
  readonly name = "columns";
  readonly world: World;
  readonly #dir: string;
  readonly #keep: boolean;
  #process: ChildProcess;

  private constructor(world: World, dir: string, keep: boolean, child: ChildProcess) {
    this.world = world;
    this.#dir = dir;
    this.#keep = keep;
    this.#process = child;
  }

  /**
   * Fills a store, or takes one that an earlier run has filled.
   * @param kept where it is left for the next run; a temporary directory if undefined
   */
  static async fill(world: World, kept: string | undefined, progress: (text: string) => void): Promise<ColumnsStore> {
    const dir = kept ?? (await mkdtemp(join(tmpdir(), "whosaw-bench-columns-")));
    const store = new ColumnsStore(world, dir, kept !== undefined, await open(dir));
    try {
      const rows = await store.sql("SELECT count() AS n FROM disclosures");
      if (Number(rows[0]?.[0]) >= world.disclosures) return store;
      await store.#ask({ ask: "fill", world }, (done) => {
        if (done % 10_000_000 === 0) progress(`columns: ${done / 1_000_000} million disclosures`);
      });
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  async coldStart(): Promise<void> {
    await this.#stop();
    await forgetFiles(this.#dir);
    this.#process = await open(this.#dir);
  }

  whoSaw(subject: number): Promise<Asked> {
    return this.#asked({ ask: "who-saw", subject });
  }

  seenBy(window: ActorWindow): Promise<Asked> {
    return this.#asked({ ask: "seen-by", ...window });
  }

  scope(window: ActorWindow): Promise<Asked> {
    return this.#asked({ ask: "scope", ...window });
  }

  async bytesPerDisclosure(): Promise<number> {
    const rows = await this.sql(
      "SELECT sum(bytes_on_disk) AS b FROM system.parts WHERE active AND database = 'whosaw' AND table != 'strata'",
    );
    return Number(rows[0]?.[0]) / this.world.disclosures;
  }

  /** @returns what each aggregate took */
  async makeAggregates(wanted: Wanted, progress: (epoch: number) => void): Promise<readonly Made[]> {
    return (await this.#ask({ ask: "make", wanted }, progress)) as readonly Made[];
  }

  async case(reports: readonly BenchReportOf[]): Promise<CaseMeasured> {
    return (await this.#ask({ ask: "case", reports })) as CaseMeasured;
  }

  async sql(sql: string): Promise<unknown[][]> {
    return (await this.#ask({ ask: "sql", sql })) as unknown[][];
  }

  async command(sql: string): Promise<void> {
    await this.#ask({ ask: "command", sql });
  }

  /** Disclosures inserted a second, encoding included, each into both orders. */
  async insertRate(batches: number, rows: number): Promise<number> {
    const milliseconds = (await this.#ask({ ask: "insert", batches, rows })) as number;
    return (batches * rows * 1_000) / milliseconds;
  }

  /** The most memory that the process has taken since it started. */
  async peakBytes(): Promise<number> {
    const status = await readFile(`/proc/${this.#process.pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/u.exec(status)?.[1]) * 1_024;
  }

  async close(): Promise<void> {
    await this.#stop();
    if (!this.#keep) await rm(this.#dir, { recursive: true });
  }

  async #stop(): Promise<void> {
    const gone = once(this.#process, "exit");
    this.#process.disconnect();
    await gone;
  }

  async #asked(request: Request): Promise<Asked> {
    return (await this.#ask(request)) as Asked;
  }

  async #ask(request: Request, progress?: (done: number) => void): Promise<unknown> {
    this.#process.send(request);
    return answerOf(this.#process, progress);
  }
}

async function open(dir: string): Promise<ChildProcess> {
  const child = fork(PROGRAM, [dir]);
  await answerOf(child);
  return child;
}

function answerOf(child: ChildProcess, progress?: (done: number) => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const over = (): void => void child.off("message", hear).off("exit", gone);
    const fail = (why: string): void => {
      over();
      reject(new WhosawError("INTERNAL", `The columns of the bench failed: ${why}`));
    };
    const gone = (): void => fail("their process ended");
    const hear = (reply: Reply): void => {
      if ("progress" in reply) progress?.(reply.progress);
      else if ("failed" in reply) fail(reply.failed);
      else {
        over();
        resolve(reply.answer);
      }
    };
    child.on("message", hear).on("exit", gone);
  });
}
