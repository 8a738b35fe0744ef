/**
 * The ledger alone: how many entries a second one process appends durably, what an entry costs in processor time, and how
 * many bytes a disclosure takes on disk (tiles and entry bundles, hashes included).
 */
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/base/clock.ts";
import { newSeed, witnessSigner } from "../src/ledger/checkpoint.ts";
import { nodeDisk } from "../src/ledger/disk.ts";
import type { Entry } from "../src/ledger/entry.ts";
import { encodeIntKey, encodeIntKeys } from "../src/ledger/keys-block.ts";
import type { EntrySource, GroupBuilder, Ledger } from "../src/ledger/ledger.ts";
import { openLedger } from "../src/ledger/log.ts";
import { localWitness } from "../src/ledger/witness.ts";
import { makeReport, median, type BenchOptions, type BenchReport, type BenchRow } from "./report.ts";

const ORIGIN = "bench.example/gw-1";
const SUBJECTS = 12_000_000;
const BULK_SUBJECTS_PER_ENTRY = 3_000;
const POINT_BYTES_GOAL = 270;
const BULK_BYTES_GOAL = 3;
/** At 20,000 statements a second the ledger may take a fifth of a core. */
const MICROSECONDS_GOAL = 10;

interface Sample {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
  readonly bytesPerEntry: number;
}

const FORM: Entry & { kind: "form" } = {
  kind: "form",
  fingerprint: "50fde20626009aba",
  text: "SELECT id, name, email, phone FROM support.customers WHERE id = $1",
  uses: [
    {
      table: "support.customers",
      subjectKind: "customer",
      clear: ["email", "name", "phone"],
      masked: [],
      predicate: ["id"],
    },
  ],
  scope: false,
};
const POLICY = new Uint8Array(16).fill(0xab);
const ACTOR = "staff:2f1c8a4e-9b3d-4f60-8a57-1de0c4b7a911";

/** One client with one statement at a time: enlists, waits for its receipt, enlists again. */
class Client implements EntrySource {
  left: number;
  readonly #ledger: Ledger;
  readonly #add: (group: GroupBuilder) => void;
  readonly #done: () => void;
  readonly #failed: (error: Error) => void;

  constructor(
    ledger: Ledger,
    left: number,
    add: (group: GroupBuilder) => void,
    done: () => void,
    failed: (error: Error) => void,
  ) {
    this.#ledger = ledger;
    this.left = left;
    this.#add = add;
    this.#done = done;
    this.#failed = failed;
    ledger.enlist(this);
  }

  drain(group: GroupBuilder): void {
    this.#add(group);
  }

  durable(): void {
    this.left -= 1;
    if (this.left > 0) this.#ledger.enlist(this);
    else this.#done();
  }

  failed(error: Error): void {
    this.#failed(error);
  }
}

function addPoint(group: GroupBuilder): void {
  group.add({
    kind: "statement",
    actor: ACTOR,
    session: 70_001,
    form: group.form(FORM, () => FORM),
    decision: "accounted",
    ticket: "T-482913",
    reason: undefined,
    policy: POLICY,
    blocks: [{ use: 0, keys: encodeIntKey(Math.floor(Math.random() * SUBJECTS)) }],
    outcome: { rows: 1, sqlstate: undefined },
  });
}

function addBulk(group: GroupBuilder): void {
  const first = Math.floor(Math.random() * SUBJECTS);
  const keys = Array.from({ length: BULK_SUBJECTS_PER_ENTRY }, (_, i) => first + i * 3);
  group.add({
    kind: "disclosure",
    statement: 70_002,
    blocks: [{ use: 0, keys: encodeIntKeys(keys) }],
    outcome: undefined,
  });
}

async function treeBytes(path: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) bytes += entry.name.endsWith(".p") ? 0 : await treeBytes(join(path, entry.name));
    else bytes += (await stat(join(path, entry.name))).size;
  }
  return bytes;
}

async function measure(
  clients: number,
  entries: number,
  add: (group: GroupBuilder) => void,
  skipSync: boolean,
): Promise<Sample> {
  const root = await mkdtemp(join(tmpdir(), "whosaw-bench-ledger-"));
  try {
    const ledger = await openBenchLedger(root, skipSync);
    const cpu = process.cpuUsage();
    const start = performance.now();
    await runClients(ledger, clients, Math.ceil(entries / clients), add);
    const seconds = (performance.now() - start) / 1_000;
    const spent = process.cpuUsage(cpu);
    const { size } = ledger;
    await ledger.close();
    const full = size - (size % 256);
    return {
      perSecond: entries / seconds,
      cpuMicroseconds: (spent.user + spent.system) / entries,
      bytesPerEntry: (await treeBytes(join(root, "log", "tile"))) / full,
    };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function openBenchLedger(root: string, unsafeSkipSyncForBench: boolean): Promise<Ledger> {
  const signer = witnessSigner("bench.example/witness", newSeed());
  return openLedger({
    dir: join(root, "log"),
    origin: ORIGIN,
    logSeed: newSeed(),
    masterKey: new Uint8Array(32).fill(1),
    clock: systemClock,
    witness: localWitness({ dir: join(root, "witness"), disk: nodeDisk(), signer, clock: systemClock }),
    sessionCount: () => 0,
    onHealth: () => undefined,
    onFatal: (error) => {
      throw error;
    },
    unsafeSkipSyncForBench,
  });
}

function runClients(ledger: Ledger, clients: number, each: number, add: (group: GroupBuilder) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let open = clients;
    const done = (): void => {
      open -= 1;
      if (open === 0) resolve();
    };
    for (let i = 0; i < clients; i += 1) void new Client(ledger, each, add, done, reject);
  });
}

interface Case {
  readonly name: string;
  readonly clients: number;
  readonly entries: number;
  readonly add: (group: GroupBuilder) => void;
}

const CASES: readonly Case[] = [
  { name: "point, 1 client", clients: 1, entries: 3_000, add: addPoint },
  { name: "point, 8 clients", clients: 8, entries: 20_000, add: addPoint },
  { name: "point, 64 clients", clients: 64, entries: 100_000, add: addPoint },
  { name: "bulk, 8 clients", clients: 8, entries: 1_024, add: addBulk },
];

/** `npm run bench -- ledger`. */
export async function run(options: BenchOptions): Promise<BenchReport> {
  const rounds = options.quick ? 1 : 5;
  const rows: BenchRow[] = [];
  for (const one of CASES) {
    const durable: Sample[] = [];
    const unsynced: Sample[] = [];
    const entries = options.quick ? Math.ceil(one.entries / 4) : one.entries;
    for (let round = 0; round < rounds; round += 1) {
      options.progress(`${one.name}, round ${round + 1} of ${rounds}`);
      durable.push(await measure(one.clients, entries, one.add, false));
      unsynced.push(await measure(one.clients, entries, one.add, true));
    }
    rows.push(...rowsOf(one, durable, unsynced));
  }
  return makeReport("ledger", rows);
}

function rowsOf(one: Case, durable: readonly Sample[], unsynced: readonly Sample[]): BenchRow[] {
  const of = (samples: readonly Sample[], key: keyof Sample): number => median(samples.map((sample) => sample[key]));
  const rate = of(durable, "perSecond");
  const without = of(unsynced, "perSecond");
  const bulk = one.add === addBulk;
  const cpu = of(durable, "cpuMicroseconds");
  const bytes = of(durable, "bytesPerEntry") / (bulk ? BULK_SUBJECTS_PER_ENTRY : 1);
  const bytesGoal = bulk ? BULK_BYTES_GOAL : POINT_BYTES_GOAL;
  const cpuGoal = one.clients === 64 ? { goal: `<= ${MICROSECONDS_GOAL} us`, met: cpu <= MICROSECONDS_GOAL } : {};
  return [
    { case: one.name, metric: "durable entries/s", value: rate, unit: "1/s", versus: "no sync", ratio: rate / without },
    { case: one.name, metric: "processor time per entry", value: cpu, unit: "us", ...cpuGoal },
    { case: one.name, metric: "processor time per entry, no sync", value: of(unsynced, "cpuMicroseconds"), unit: "us" },
    {
      case: one.name,
      metric: bulk ? "bytes per subject in tiles" : "bytes per look-up in tiles",
      value: bytes,
      unit: "B",
      goal: `<= ${bytesGoal} B`,
      met: bytes <= bytesGoal,
    },
  ];
}
