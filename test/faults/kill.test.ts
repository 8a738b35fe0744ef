/** A sample of what `npm run test:kill -- --count 200 --seed 1` does at length. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type SupportDatabase, supportDatabase } from "../rig/shared.ts";
import { killAgainAndAgain, type KillFigures } from "./kill.ts";
import { LOAD_CLIENTS } from "./load.ts";

const COUNT = Number(process.env["WHOSAW_KILL_COUNT"] ?? 5);
const SEED = Number(process.env["WHOSAW_KILL_SEED"] ?? 1);
const ROUND_MS_MAX = 30_000;
const PROGRESS_EVERY = 10;

let database: SupportDatabase;

beforeAll(async () => {
  database = await supportDatabase();
});

afterAll(() => database.drop());

test(
  `after ${COUNT} kills every row that a client received is in the ledger, and the log verifies after each start`,
  async () => {
    const [numbers] = await database.query(
      "SELECT min(id)::int AS first, count(*)::int AS count FROM support.customers",
    );
    const customers = { first: Number(numbers?.["first"]), count: Number(numbers?.["count"]) };
    const onRound = (round: number, figures: KillFigures): void => {
      if (COUNT > 5 && round % PROGRESS_EVERY === 0) process.stderr.write(`${summary(figures)}\n`);
    };
    const figures = await killAgainAndAgain({ database, customers, count: COUNT, seed: SEED, onRound });
    process.stderr.write(`seed ${SEED}: ${summary(figures)}\n`);
    expect(figures.unrecorded).toEqual([]);
    expect(figures.findings).toEqual([]);
    expect(figures.sessions).toBe(COUNT * LOAD_CLIENTS);
    expect(figures.rows).toBeGreaterThan(COUNT);
  },
  COUNT * ROUND_MS_MAX,
);

function summary(figures: KillFigures): string {
  const { kills, killsAtStart, sessions, rows, subjects, entries, unrecorded, findings } = figures;
  return (
    `${kills} kills at work, ${killsAtStart} during start; ${sessions} sessions received ${rows} rows of ${subjects} subjects; ` +
    `${entries} entries; ${unrecorded.length} not recorded, ${findings.length} findings`
  );
}
