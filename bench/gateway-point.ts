/** Point look-ups by pgbench: direct, a proxy that only copies, PgBouncer, whosaw durable and without the fsync, in turn. */
import { DIRECT, pgbench, PGBOUNCER_ROUTE, type Route, Stand, WHOSAW, WHOSAW_UNSYNCED } from "./gateway/stand.ts";
import { type BenchOptions, type BenchReport, type BenchRow, makeReport, whyLeftOut } from "./report.ts";
import { alternate, middle } from "./rounds.ts";

const CUSTOMERS = 20_000;
const ROUNDS = 3;
const FIRST_CUSTOMER = 4001;
const SCRIPT = `\\set id random(${FIRST_CUSTOMER}, ${FIRST_CUSTOMER + CUSTOMERS - 1})
SELECT name, email, phone FROM support.customers WHERE id = :id;
`;
/** fsync on the machine, measured in the same run, plus this, is what one client may wait longer. */
const ADDED_LATENCY_MS_MAX = 0.15;

export async function run(options: BenchOptions): Promise<BenchReport> {
  const stand = await Stand.open({ customers: CUSTOMERS, progress: options.progress });
  try {
    const script = await stand.script("point.sql", SCRIPT);
    const leftOut: string[] = [];
    const pgbouncer = await stand
      .pgbouncer()
      .catch((error: unknown) => void leftOut.push(whyLeftOut("PgBouncer", error)));
    const routes = [
      stand.direct,
      await stand.copy(),
      ...(pgbouncer === undefined ? [] : [pgbouncer]),
      await stand.whosaw(true),
      await stand.whosaw(false),
    ];
    const rows: BenchRow[] = [];
    for (const protocol of ["prepared", "simple"] as const) {
      for (const clients of [1, 8, 64]) {
        rows.push(...(await oneCase(routes, { script, protocol, clients }, options)));
      }
    }
    return await makeReport("gateway-point", rows, leftOut);
  } finally {
    await stand.close();
  }
}

interface Case {
  readonly script: string;
  readonly protocol: "prepared" | "simple";
  readonly clients: number;
}

async function oneCase(routes: readonly Route[], one: Case, options: BenchOptions): Promise<BenchRow[]> {
  const label = `${one.clients} ${one.clients === 1 ? "client" : "clients"}, ${one.protocol}`;
  const seconds = options.quick ? 2 : 5;
  const samples = await alternate(routes, { ...options, label, rounds: ROUNDS }, (route) =>
    pgbench(route, { ...one, seconds }),
  );
  const perSecond = (name: string): number => middle(samples, name, (sample) => sample.perSecond) ?? 0;
  const latency = (name: string): number => middle(samples, name, (sample) => sample.latencyMs) ?? 0;
  const rows: BenchRow[] = routes.map((route) => {
    const ratio = perSecond(route.name) / perSecond(DIRECT);
    return {
      case: `${label}, ${route.name}`,
      metric: "statements",
      value: Math.round(perSecond(route.name)),
      unit: "1/s",
      versus: DIRECT,
      ratio,
      ...(route.name === WHOSAW && one.clients === 64 && { goal: ">= 0.55 of direct", met: ratio >= 0.55 }),
    };
  });
  if (samples.has(PGBOUNCER_ROUTE)) {
    const ratio = perSecond(WHOSAW_UNSYNCED) / perSecond(PGBOUNCER_ROUTE);
    rows.push({
      case: `${label}, ${WHOSAW_UNSYNCED}`,
      metric: "statements",
      value: Math.round(perSecond(WHOSAW_UNSYNCED)),
      unit: "1/s",
      versus: PGBOUNCER_ROUTE,
      ratio,
      goal: ">= 0.75 of PgBouncer",
      met: ratio >= 0.75,
    });
  }
  if (one.clients === 1) {
    const beyondFsync = latency(WHOSAW_UNSYNCED) - latency(DIRECT);
    rows.push({
      case: `${label}, latency added besides the fsync`,
      metric: "latency",
      value: beyondFsync,
      unit: "ms",
      versus: DIRECT,
      goal: `<= ${ADDED_LATENCY_MS_MAX} ms`,
      met: beyondFsync <= ADDED_LATENCY_MS_MAX,
    });
  }
  return rows;
}
