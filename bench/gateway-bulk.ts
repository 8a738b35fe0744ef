/** Results of 10,000 rows, direct against whosaw, and the gateway's memory while it passes a result of many gigabytes. */
import { DIRECT, pgbench, type Route, Stand, WHOSAW } from "./gateway/stand.ts";
import { type BenchOptions, type BenchReport, type BenchRow, makeReport } from "./report.ts";
import { alternate, middle } from "./rounds.ts";

const CUSTOMERS = 20_000;
const ROWS = 10_000;
const ROUNDS = 3;
const RATIO_MIN = 0.7;
const FIRST_CUSTOMER = 4001;
const MEGABYTE = 1e6;
const MEMORY_MAX_BYTES = 200 * MEGABYTE;
/** About 120 bytes a row: some gigabytes in the full run. */
const LARGE_FACTOR = { quick: 100, full: 2_000 };

const BULK = `SELECT id, name, email, phone, country FROM support.customers WHERE id BETWEEN ${FIRST_CUSTOMER} AND ${FIRST_CUSTOMER + ROWS - 1};\n`;

export async function run(options: BenchOptions): Promise<BenchReport> {
  const stand = await Stand.open({ customers: CUSTOMERS, progress: options.progress });
  try {
    const whosaw = await stand.whosaw(true);
    const rows = await throughput(stand, [stand.direct, await stand.copy(), whosaw], options);
    rows.push(await memory(stand, whosaw, options));
    return await makeReport("gateway-bulk", rows);
  } finally {
    await stand.close();
  }
}

async function throughput(stand: Stand, routes: readonly Route[], options: BenchOptions): Promise<BenchRow[]> {
  const script = await stand.script("bulk.sql", BULK);
  const rows: BenchRow[] = [];
  const seconds = options.quick ? 2 : 5;
  for (const clients of [1, 8]) {
    const label = `${clients} ${clients === 1 ? "client" : "clients"}`;
    const samples = await alternate(routes, { ...options, label, rounds: ROUNDS }, (route) =>
      pgbench(route, { script, clients, seconds, protocol: "prepared" }),
    );
    const rate = (name: string): number => (middle(samples, name, (sample) => sample.perSecond) ?? 0) * ROWS;
    for (const { name } of routes) {
      const ratio = rate(name) / rate(DIRECT);
      rows.push({
        case: `${label}, ${name}`,
        metric: "rows",
        value: Math.round(rate(name)),
        unit: "1/s",
        ...(name !== DIRECT && { versus: DIRECT, ratio }),
        ...(name === WHOSAW && { goal: `>= ${RATIO_MIN} of direct`, met: ratio >= RATIO_MIN }),
      });
    }
  }
  return rows;
}

/** One result that is read slowly enough to pile up, if it could. */
async function memory(stand: Stand, whosaw: Route, options: BenchOptions): Promise<BenchRow> {
  const factor = options.quick ? LARGE_FACTOR.quick : LARGE_FACTOR.full;
  const script = await stand.script(
    "large.sql",
    `COPY (SELECT c.* FROM support.customers c, generate_series(1, ${factor})) TO STDOUT;\n`,
  );
  options.progress(`one result of ${CUSTOMERS * factor} rows`);
  const { peakBytes, receivedBytes } = await stand.peakWhile(whosaw, script);
  return {
    case: `one result of ${(receivedBytes / 1e9).toFixed(1)} GB`,
    metric: "resident memory, peak",
    value: Math.round(peakBytes / MEGABYTE),
    unit: "MB",
    goal: `< ${MEMORY_MAX_BYTES / MEGABYTE} MB`,
    met: peakBytes < MEMORY_MAX_BYTES,
  };
}
