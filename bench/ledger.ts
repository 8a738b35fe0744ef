/**
 * The same disclosures recorded in our ledger, in audit tables of PostgreSQL, and as pgAudit's lines: how fast, for how much
 * processor time, in how many bytes, and how soon each says who saw a customer.
 */
import { AuditTables } from "./ledger/audit-table.ts";
import { bulkLoad, LEDGER, type Load, pointLoad, type Sample, STATEMENTS_ALONE, type Way } from "./ledger/load.ts";
import { AuditedServer } from "./ledger/pgaudit.ts";
import { whosawLedger } from "./ledger/whosaw-ledger.ts";
import { type BenchOptions, type BenchReport, type BenchRow, makeReport, whyLeftOut } from "./report.ts";
import { alternate, middle, type Samples } from "./rounds.ts";

const ROUNDS = 5;
const POINT_BYTES_GOAL = 270;
const BULK_BYTES_GOAL = 3;
/** At 20,000 statements a second the ledger may take a fifth of a core. */
const MICROSECONDS_GOAL = 10;
const VERIFY_GOAL = 300_000;
const BUSIEST_CLIENTS = 64;

const loads = (quick: boolean): Load[] => [
  pointLoad(1, quick ? 750 : 3_000),
  pointLoad(8, quick ? 5_000 : 20_000),
  pointLoad(BUSIEST_CLIENTS, quick ? 12_800 : 51_200),
  bulkLoad(8, quick ? 256 : 512),
];

/** `npm run bench -- ledger`. */
export async function run(options: BenchOptions): Promise<BenchReport> {
  const ways: Way[] = [whosawLedger(true), whosawLedger(false)];
  const leftOut: string[] = [];
  const servers: Server[] = [];
  try {
    for (const [name, open] of SERVERS) {
      options.progress(`a server: ${name}`);
      const server = await open().catch((error: unknown) => void leftOut.push(whyLeftOut(name, error)));
      if (server === undefined) continue;
      servers.push(server);
      ways.push(...server.ways);
    }
    const rows: BenchRow[] = [];
    for (const load of loads(options.quick)) {
      const samples = await alternate(ways, { ...options, label: load.name, rounds: ROUNDS }, (way) =>
        way.record(load),
      );
      for (const way of ways) rows.push(...rowsOf(load, way, samples));
    }
    return await makeReport("ledger", rows, leftOut);
  } finally {
    for (const server of servers) await server.close();
  }
}

interface Server {
  readonly ways: readonly Way[];
  close(): Promise<void>;
}

const SERVERS: readonly (readonly [string, () => Promise<Server>])[] = [
  ["audit tables", () => AuditTables.open()],
  ["pgAudit", () => AuditedServer.open()],
];

interface Figure {
  readonly metric: string;
  readonly unit: string;
  /** Undefined where the way has no such figure. */
  readonly read: (sample: Sample) => number | undefined;
  /** Compared with the same statements run without being recorded, where running them is part of the figure. */
  readonly ofRunning?: true;
  /** The ledger's. */
  readonly goal?: Goal;
}

interface Goal {
  readonly text: string;
  readonly met: (value: number) => boolean;
}

const atMost = (most: number, unit: string): Goal => ({
  text: `<= ${most} ${unit}`,
  met: (value) => value <= most,
});

const RATE: Figure = { metric: "entries", unit: "1/s", read: (sample) => sample.perSecond, ofRunning: true };
const PROCESSOR: Figure = {
  metric: "processor time per entry",
  unit: "us",
  read: (sample) => sample.processorMicroseconds,
  ofRunning: true,
};
const BYTES: Figure = { metric: "bytes per entry", unit: "B", read: (sample) => sample.bytesPerEntry };
const WHO_SAW: readonly Figure[] = [
  { metric: "who-saw one subject", unit: "ms", read: (sample) => sample.whoSaw?.milliseconds },
  { metric: "disclosures that who-saw finds", unit: "share", read: (sample) => sample.whoSaw?.foundShare },
];
const VERIFY: Figure = {
  metric: "entries verified",
  unit: "1/s",
  read: (sample) => sample.verifiedPerSecond,
  goal: { text: `>= ${VERIFY_GOAL.toLocaleString("en")}/s`, met: (value) => value >= VERIFY_GOAL },
};

/** Bytes and look-ups are the same however many clients there are: shown once, where there are most entries. */
function figuresOf({ clients, subjectsPerEntry }: Load): readonly Figure[] {
  if (subjectsPerEntry > 1) {
    const perSubject: Figure = {
      metric: "bytes per subject named",
      unit: "B",
      read: ({ bytesPerEntry, whoSaw }) =>
        bytesPerEntry === undefined || whoSaw?.foundShare === 0 ? undefined : bytesPerEntry / subjectsPerEntry,
      goal: atMost(BULK_BYTES_GOAL, "B"),
    };
    const ofNobody: Figure = {
      metric: "bytes per entry that names nobody",
      unit: "B",
      read: ({ bytesPerEntry, whoSaw }) => (whoSaw?.foundShare === 0 ? bytesPerEntry : undefined),
    };
    return [RATE, PROCESSOR, perSubject, ofNobody, ...WHO_SAW];
  }
  if (clients < BUSIEST_CLIENTS) return [RATE, PROCESSOR];
  return [
    RATE,
    { ...PROCESSOR, goal: atMost(MICROSECONDS_GOAL, "us") },
    { ...BYTES, goal: atMost(POINT_BYTES_GOAL, "B") },
    ...WHO_SAW,
    VERIFY,
  ];
}

function rowsOf(load: Load, way: Way, samples: Samples<Sample>): BenchRow[] {
  return figuresOf(load).flatMap((figure) => {
    const value = middle(samples, way.name, figure.read);
    if (value === undefined) return [];
    const versus = (figure.ofRunning && way.runsStatements) === true ? STATEMENTS_ALONE : LEDGER;
    const compared = middle(samples, versus, figure.read);
    const { goal } = figure;
    return {
      case: `${load.name}: ${way.name}`,
      metric: figure.metric,
      value,
      unit: figure.unit,
      ...(versus !== way.name && compared !== undefined && { versus, ratio: value / compared }),
      ...(way.name === LEDGER && goal !== undefined && { goal: goal.text, met: goal.met(value) }),
    };
  });
}
