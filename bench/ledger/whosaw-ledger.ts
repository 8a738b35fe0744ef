/** Disclosures into our own ledger, in this process, as the gateway does it. */
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { whoSaw } from "../../src/asks/ask.ts";
import { subjectTarget } from "../../src/asks/subject.ts";
import { systemClock } from "../../src/base/clock.ts";
import { newSeed, witnessSigner } from "../../src/ledger/checkpoint.ts";
import { nodeDisk } from "../../src/ledger/disk.ts";
import type { Entry } from "../../src/ledger/entry.ts";
import { encodeIntKey, encodeIntKeys } from "../../src/ledger/keys-block.ts";
import type { EntrySource, GroupBuilder, Ledger } from "../../src/ledger/ledger.ts";
import { openLedger } from "../../src/ledger/log.ts";
import { TILE_WIDTH } from "../../src/ledger/tree.ts";
import { localWitness } from "../../src/ledger/witness.ts";
import { verifyLog } from "../../src/verify/log.ts";
import { ownMicroseconds } from "../processes.ts";
import { ACTOR_UUID, askWhoSaw, Draw, FIELDS, LEDGER, type Load, type Sample, TABLE, type Way } from "./load.ts";

const ORIGIN = "bench.example/gw-1";
const MASTER_KEY = new Uint8Array(32).fill(1);
const POLICY = new Uint8Array(16).fill(0xab);

/** @param sync false to measure what durability costs */
export function whosawLedger(sync: boolean): Way {
  return {
    name: sync ? LEDGER : "ledger, unsynced",
    runsStatements: false,
    async record(load) {
      const root = await mkdtemp(join(tmpdir(), "whosaw-bench-ledger-"));
      try {
        return await recordIn(root, load, sync);
      } finally {
        await rm(root, { recursive: true, force: true });
      }
    },
  };
}

async function recordIn(root: string, load: Load, sync: boolean): Promise<Sample> {
  const dir = join(root, "log");
  const ledger = await openBenchLedger(root, dir, sync);
  const draw = new Draw(load);
  const processor = ownMicroseconds();
  const start = performance.now();
  await runClients(ledger, load, draw);
  const seconds = (performance.now() - start) / 1_000;
  const spent = ownMicroseconds() - processor;
  const { size } = ledger;
  await ledger.close();
  const speed = { perSecond: load.entries / seconds, processorMicroseconds: spent / load.entries };
  if (!sync) return speed;
  return {
    ...speed,
    bytesPerEntry: (await bytesOfFullTiles(join(dir, "tile"))) / (size - (size % TILE_WIDTH)),
    whoSaw: await askWhoSaw(draw.asked, (subject) => wasShown(dir, subject)),
    verifiedPerSecond: await verifyRate(dir),
  };
}

async function wasShown(dir: string, subject: number): Promise<boolean> {
  const logs = [{ dir, origin: ORIGIN, masterKey: MASTER_KEY }];
  const target = subjectTarget(MASTER_KEY, "customer", String(subject));
  let found = false;
  for await (const { table } of whoSaw(logs, target, { opaque: 0, expired: 0 })) found ||= table === TABLE;
  return found;
}

function openBenchLedger(root: string, dir: string, sync: boolean): Promise<Ledger> {
  const signer = witnessSigner("bench.example/witness", newSeed());
  return openLedger({
    dir,
    origin: ORIGIN,
    logSeed: newSeed(),
    masterKey: MASTER_KEY,
    clock: systemClock,
    witness: localWitness({ dir: join(root, "witness"), disk: nodeDisk(), signer, clock: systemClock }),
    sessionCount: () => 0,
    onHealth: () => undefined,
    onFatal: (error) => {
      throw error;
    },
    unsafeSkipSyncForBench: !sync,
  });
}

/** One client with one statement at a time: enlists, waits for its receipt, enlists again. */
class Client implements EntrySource {
  #left: number;
  readonly #ledger: Ledger;
  readonly #add: (group: GroupBuilder) => void;
  readonly #done: () => void;
  readonly failed: (error: Error) => void;

  constructor(
    ledger: Ledger,
    statements: number,
    add: (group: GroupBuilder) => void,
    settle: { readonly done: () => void; readonly failed: (error: Error) => void },
  ) {
    this.#ledger = ledger;
    this.#left = statements;
    this.#add = add;
    this.#done = settle.done;
    this.failed = settle.failed;
    ledger.enlist(this);
  }

  drain(group: GroupBuilder): void {
    this.#add(group);
  }

  durable(): void {
    this.#left -= 1;
    if (this.#left > 0) this.#ledger.enlist(this);
    else this.#done();
  }
}

async function runClients(ledger: Ledger, load: Load, draw: Draw): Promise<void> {
  const add = entryAdder(load, draw);
  const each = Math.ceil(load.entries / load.clients);
  const clients = Array.from(
    { length: load.clients },
    () => new Promise<void>((done, failed) => void new Client(ledger, each, add, { done, failed })),
  );
  await Promise.all(clients);
}

function entryAdder(load: Load, draw: Draw): (group: GroupBuilder) => void {
  const predicate = ["id"];
  const use = { table: TABLE, subjectKind: "customer", clear: FIELDS, masked: [], predicate };
  const form: Entry & { kind: "form" } = {
    kind: "form",
    fingerprint: "50fde20626009aba",
    text: load.text,
    uses: [use],
    scope: false,
  };
  return (group) => {
    const [first = 0, ...others] = draw.next();
    group.add({
      kind: "statement",
      actor: `staff:${ACTOR_UUID}`,
      session: 70_001,
      form: group.form(form, () => form),
      decision: "accounted",
      ticket: "T-482913",
      reason: undefined,
      policy: POLICY,
      blocks: [{ use: 0, keys: others.length === 0 ? encodeIntKey(first) : encodeIntKeys([first, ...others]) }],
      outcome: { rows: load.subjectsPerEntry, sqlstate: undefined },
    });
  };
}

/** Entry bundles and hash tiles; partial ones are replaced as the log grows, and not counted. */
async function bytesOfFullTiles(path: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) bytes += entry.name.endsWith(".p") ? 0 : await bytesOfFullTiles(join(path, entry.name));
    else bytes += (await stat(join(path, entry.name))).size;
  }
  return bytes;
}

async function verifyRate(dir: string): Promise<number> {
  const { vkey } = JSON.parse(await readFile(join(dir, "log.json"), "utf8")) as { vkey: string };
  const start = performance.now();
  const report = await verifyLog(dir, { vkey });
  const seconds = (performance.now() - start) / 1_000;
  if (!report.ok) throw new Error(`the bench's ledger does not verify: ${report.findings[0]?.message ?? "?"}`);
  return report.size / seconds;
}
