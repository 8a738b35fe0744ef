import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Columns } from "../columns/columns.ts";
import { forgetBefore, forgetImported } from "../columns/forget.ts";
import { openColumns } from "../columns/open.ts";
import { BatchReader, type LogSource } from "../shipping/batch-reader.ts";
import { NOTHING_YET } from "../shipping/batch.ts";
import { shipOnce } from "../shipping/shipper.ts";
import { ColumnsWriter } from "../shipping/columns-writer.ts";
import { number32 } from "../columns/numbers.ts";
import { DAY_MS } from "../base/clock.ts";
import { firstEntrySince, LogReader } from "../ledger/read.ts";
import {
  ACTORS,
  KEYS,
  KINDS,
  MASTER_KEY,
  RULES,
  writeRandomImports,
  writeRandomLog,
} from "../shipping/testing/random-log.ts";
import { type Answers, columnsAnswers, ledgerAnswers } from "./answers.ts";
import { subjectTarget } from "./subject.ts";

const root = mkdtempSync(join(tmpdir(), "whosaw-answers-"));
let columns: Columns;
beforeAll(async () => {
  columns = await openColumns({ kind: "embedded", dir: join(root, "columns") });
});
afterAll(async () => {
  await columns.close();
  rmSync(root, { recursive: true });
});

const MIDDLE_MS = Date.UTC(2026, 10, 21, 12, 0, 30);

const failed = (error: Error): void => {
  throw error;
};

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Every question there is, answered, as it would be printed. */
async function everything(answers: Answers): Promise<string[]> {
  const texts: string[] = [];
  for (const kind of KINDS)
    for (const key of KEYS) {
      const tally = { opaque: 0, expired: 0 };
      const items = await all(answers.whoSaw(subjectTarget(MASTER_KEY, kind, key), tally));
      texts.push(JSON.stringify([kind, key, tally.opaque, items]));
    }
  for (const actor of ACTORS) {
    const tally = { opaque: 0, expired: 0 };
    const items = await all(answers.seenBy(actor, tally));
    texts.push(JSON.stringify([actor, tally.opaque, items]));
    for (const question of [
      { actors: [actor] },
      { actors: [actor], fromMs: MIDDLE_MS },
      { actors: ACTORS, toMs: MIDDLE_MS },
    ]) {
      const scope = answers.scope(question, RULES);
      texts.push(JSON.stringify([await all(scope.subjects), scope.summary()]));
    }
  }
  return texts;
}

/** Ships the first entries of a log, in batches that end where they must. */
async function shipFirst(log: LogSource, to: number): Promise<void> {
  const writer = new ColumnsWriter(columns);
  const reader = new BatchReader(log, RULES);
  for (let from = 0; from < to;) {
    const batch = await reader.read({ from, to, after: NOTHING_YET });
    await writer.put(number32(log.origin), log.origin, batch);
    from = batch.next;
  }
}

/** As `whosaw ledger expire` does, until the store has done it. */
async function forgetFirstDay({ origin }: LogSource): Promise<void> {
  const where = `WHERE log = ${number32(origin)}`;
  const [row] = await columns.select(`SELECT min(at) AS first FROM statements ${where}`);
  const end = (Math.floor(Number(row?.[0]) / DAY_MS) + 1) * DAY_MS;
  await forgetBefore(columns, [number32(origin)], end);
  const left = async (): Promise<unknown> =>
    columns.select(`SELECT count() AS n FROM statements ${where} AND at < ${end} AND actor != 0`);
  await expect.poll(left, { timeout: 20_000 }).toEqual([["0"]]);
}

describe("columns and ledger say the same", () => {
  test.for([1, 2, 3, 4, 5, 6])("of random ledgers, however far they are shipped: %i", async (seed) => {
    const name = `gw-${seed}`;
    const log = await writeRandomLog(root, { seed, steps: 120, crossingDays: seed % 2 === 0, name });
    const size = await (await LogReader.open(log.dir, log)).checkpointSize();
    const expected = await everything(ledgerAnswers([log]));
    expect(expected.join("").length).toBeGreaterThan(5_000);
    await shipFirst(log, Math.floor((size * (seed % 4)) / 3));
    expect(await everything(columnsAnswers(columns, [log], failed))).toEqual(expected);
  });

  test("of imports, however far they are shipped; what is undone leaves answers at once, and columns with shipping", async () => {
    const log = await writeRandomImports(root, 1, "imports");
    const expected = await everything(ledgerAnswers([log]));
    expect(expected.join("").length).toBeGreaterThan(5_000);
    const size = await (await LogReader.open(log.dir, log)).checkpointSize();
    // Up to the entry that undoes: columns hold what answers must leave out.
    await shipFirst(log, size - 1);
    expect(await everything(columnsAnswers(columns, [log], failed))).toEqual(expected);
    const where = `WHERE log = ${number32(log.origin)}`;
    const rows = async (): Promise<number> =>
      Number((await columns.select(`SELECT count() AS n FROM disclosures ${where}`))[0]?.[0]);
    const before = await rows();
    await shipOnce({ columns, logs: [log], rules: RULES });
    await expect.poll(rows, { timeout: 20_000 }).toBeLessThan(before);

    const [day = ""] = readdirSync(join(log.dir, "keys")).sort();
    rmSync(join(log.dir, "keys", day));
    const scopes = (): Promise<unknown[]> =>
      Promise.all(
        [ledgerAnswers([log]), columnsAnswers(columns, [log], failed)].map(async (answers) => {
          const scope = answers.scope({ actors: ACTORS }, RULES);
          return [await all(scope.subjects), scope.summary()];
        }),
      );
    const [ofLedger, ofColumns] = await scopes();
    expect(ofColumns).toEqual(ofLedger);
    expect(JSON.stringify(ofLedger)).toMatch(/entries of all actors have expired/u);
    await forgetImported(columns, number32(log.origin), await firstEntrySince(log.dir, Date.parse(day) + DAY_MS));
    expect(await scopes()).toEqual([ofLedger, ofLedger]);
  });

  test.for(["before", "after", "and left columns after"])(
    "a day that expired %s it was shipped is missing aloud, as in the ledger",
    async (when) => {
      const log = await writeRandomLog(root, { seed: 22, steps: 120, crossingDays: true, name: `gw-${when.length}` });
      const expire = (): void => rmSync(join(log.dir, "keys", readdirSync(join(log.dir, "keys"))[0] ?? ""));
      if (when === "before") expire();
      await shipFirst(log, await (await LogReader.open(log.dir, log)).checkpointSize());
      if (when !== "before") expire();
      if (when.startsWith("and")) await forgetFirstDay(log);
      for (const answers of [ledgerAnswers([log]), columnsAnswers(columns, [log], failed)]) {
        const tally = { opaque: 0, expired: 0 };
        await all(answers.whoSaw(subjectTarget(MASTER_KEY, KINDS[0] ?? "", "3"), tally));
        expect(tally.expired).toBeGreaterThan(0);
        for (const actor of ACTORS) {
          const seen = { opaque: 0, expired: 0 };
          await all(answers.seenBy(actor, seen));
          expect(seen.expired).toBeGreaterThan(0);
          const scope = answers.scope({ actors: [actor] }, RULES);
          await all(scope.subjects);
          const { subjects, reasons } = scope.summary();
          expect(subjects.max).toBeNull();
          expect(reasons.join()).toMatch(/expired/u);
        }
      }
    },
  );

  test("of a day that has expired since it was shipped, nothing", async () => {
    const log = await writeRandomLog(root, { seed: 20, steps: 80, crossingDays: true, name: "gw-20" });
    await shipFirst(log, await (await LogReader.open(log.dir, log)).checkpointSize());
    for (const day of readdirSync(join(log.dir, "keys"))) rmSync(join(log.dir, "keys", day));
    for (const actor of ACTORS)
      expect(await all(columnsAnswers(columns, [log], failed).seenBy(actor, { opaque: 0, expired: 0 }))).toEqual([]);
  });
});
