/** Columns in a process of their own, so that its memory is theirs alone: answers the requests of columns-store.ts. */
import { openColumns } from "../../src/columns/open.ts";
import type { Columns } from "../../src/columns/columns.ts";
import { putDisclosure } from "../../src/columns/encode.ts";
import type { Wanted } from "../../src/columns/daily/make.ts";
import { number32, number64 } from "../../src/columns/numbers.ts";
import { Names } from "../../src/columns/queries/names.ts";
import { scope } from "../../src/columns/queries/scope.ts";
import { seenBy } from "../../src/columns/queries/seen-by.ts";
import { whoSaw } from "../../src/columns/queries/who-saw.ts";
import { GRADES, KEY_TYPES } from "../../src/columns/rows.ts";
import { TsvWriter } from "../../src/columns/tsv.ts";
import { fill } from "./fill.ts";
import type { ActorWindow, Asked } from "./store.ts";
import { makeAnew, measureCase, type BenchReportOf } from "./case.ts";
import { KIND, type World } from "./world.ts";

export type Request =
  | { readonly ask: "fill"; readonly world: World }
  | { readonly ask: "sql"; readonly sql: string }
  | { readonly ask: "command"; readonly sql: string }
  | { readonly ask: "who-saw"; readonly subject: number }
  | ({ readonly ask: "seen-by" | "scope" } & ActorWindow)
  /** Drops the aggregates of these epochs and makes them again. */
  | { readonly ask: "make"; readonly wanted: Wanted }
  | { readonly ask: "case"; readonly reports: readonly BenchReportOf[] }
  | { readonly ask: "insert"; readonly batches: number; readonly rows: number };

export type Reply = { readonly answer?: unknown } | { readonly progress: number } | { readonly failed: string };

class Asking {
  readonly #columns: Columns;
  readonly #names: Names;

  constructor(columns: Columns) {
    this.#columns = columns;
    this.#names = new Names(columns);
  }

  async answer(request: Request): Promise<unknown> {
    switch (request.ask) {
      case "fill":
        return fill(this.#columns, request.world, (progress) => reply({ progress }));
      case "sql":
        return this.#columns.select(request.sql);
      case "command":
        return this.#columns.command(request.sql);
      case "who-saw": {
        const key = { keyType: KEY_TYPES.int, subject: BigInt(request.subject), subject2: 0n };
        return timed(whoSaw(this.#columns, this.#names, number32(KIND), [key]), () => 1);
      }
      case "seen-by":
        return timed(seenBy(this.#columns, this.#names, number64(request.actor), request), () => 1);
      case "scope":
        return timed(scope(this.#columns, this.#names, [number64(request.actor)], request), (rows) => rows.length);
      case "make":
        return makeAnew(this.#columns, request.wanted, (made) => reply({ progress: made.epoch }));
      case "case":
        return measureCase(this.#columns, request.reports);
      case "insert":
        return this.#insert(request.batches, request.rows);
    }
  }

  /** Rows as shipping makes and inserts them, into both orders. @returns milliseconds */
  async #insert(batches: number, rows: number): Promise<number> {
    const start = performance.now();
    const writer = new TsvWriter();
    const row = {
      kind: number32(KIND),
      keyType: KEY_TYPES.int,
      subject2: 0n,
      use: 0,
      listed: true,
      grade: GRADES.exact,
    };
    const [actor, form, log, atMs] = [
      number64("staff:1"),
      number64("form 1"),
      number32("inserted"),
      Date.UTC(2027, 0, 1),
    ];
    for (let batch = 0; batch < batches; batch += 1) {
      for (let place = 0; place < rows; place += 1) {
        const index = batch * rows + place;
        putDisclosure(writer, {
          ...row,
          actor,
          form,
          log,
          index,
          statement: index - (place % 3),
          atMs: atMs + index,
          subject: BigInt(place * 97),
        });
      }
      const both = writer.take();
      await this.#columns.insert("disclosures", both);
      await this.#columns.insert("disclosures_by_actor", both);
    }
    return performance.now() - start;
  }
}

async function timed<T>(answer: AsyncIterable<T>, count: (item: T) => number): Promise<Asked> {
  const start = performance.now();
  let rows = 0;
  for await (const item of answer) rows += count(item);
  return { milliseconds: performance.now() - start, rows };
}

function reply(message: Reply): void {
  process.send?.(message);
}

const columns = await openColumns({ kind: "embedded", dir: process.argv[2] ?? "" });
const asking = new Asking(columns);
process.on("message", (request: Request) => {
  asking.answer(request).then(
    (answer) => reply({ answer }),
    (error: unknown) =>
      reply({ failed: error instanceof Error ? `${error.message} ${String(error.cause)}` : String(error) }),
  );
});
process.on("disconnect", () => void columns.close());
reply({ answer: "open" });
