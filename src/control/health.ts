/** What is wrong, if anything: of the control plane, its stores and its gateways. */
import type { WhosawError } from "../base/errors.ts";
import type { KnownGateway } from "./gateways.ts";

export interface HealthProblem {
  /** What it is about: a store, or `gateway ORIGIN`. */
  readonly of: string;
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

export interface HealthTold {
  readonly status: "green" | "red";
  readonly policy: string;
  readonly gateways: readonly { readonly origin: string; readonly leased: boolean; readonly sessions: number }[];
  readonly problems: readonly HealthProblem[];
  /** What should be seen to, though nothing that is recorded depends on it: `strata`, `daily aggregates`, stores that are still being opened. */
  readonly warnings: readonly HealthProblem[];
}

export interface HealthSources {
  readonly policy: string;
  /** Origins of the configured gateways. */
  readonly origins: readonly string[];
  readonly gateways: readonly KnownGateway[];
  /** Of the stores, by name. */
  readonly stores: ReadonlyMap<string, WhosawError | undefined>;
  /** Names of those that have neither opened nor failed yet: the plane has just started. */
  readonly opening: readonly string[];
  /** Why they were not read. */
  readonly strata: WhosawError | undefined;
  /** Why daily aggregates were not made. */
  readonly aggregates: WhosawError | undefined;
}

export function healthOf({
  policy,
  origins,
  gateways,
  stores,
  opening,
  strata,
  aggregates,
}: HealthSources): HealthTold {
  const problems = [
    ...[...stores].flatMap(([of, error]) => (error === undefined ? [] : [problemOf(of, error)])),
    ...origins.flatMap((origin) => gatewayProblems(origin, gateways, policy)),
  ];
  return {
    status: problems.length === 0 ? "green" : "red",
    policy,
    gateways: gateways.map(({ report: { origin, sessions }, leased }) => ({ origin, leased, sessions })),
    problems,
    warnings: [
      ...opening.map((of) => ({ of, code: "OPENING", message: "It is being opened.", hint: null })),
      ...(strata === undefined ? [] : [problemOf("strata", strata)]),
      ...(aggregates === undefined ? [] : [problemOf("daily aggregates", aggregates)]),
    ],
  };
}

function problemOf(of: string, { code, message, hint }: WhosawError): HealthProblem {
  return { of, code, message, hint: hint ?? null };
}

function gatewayProblems(origin: string, gateways: readonly KnownGateway[], policy: string): HealthProblem[] {
  const of = `gateway ${origin}`;
  const known = gateways.find(({ report }) => report.origin === origin);
  if (known?.leased !== true) {
    return [
      {
        of,
        code: "NO_LEASE",
        message: "It does not ask for its lease: it is not running, or cannot reach this socket.",
        hint: "Start it with `whosaw gateway`; one of those under gateways with `whosaw gateway --name NAME`.",
      },
    ];
  }
  const { report } = known;
  const problems: HealthProblem[] = [];
  if (report.ledgerError !== null) {
    problems.push({
      of,
      code: report.ledgerError,
      message:
        report.ledgerError === "LEDGER_DISK_FULL"
          ? "The disk of its ledger is full: no protected row is shown."
          : "Its ledger is not healthy: no protected row is shown.",
      hint:
        report.ledgerError === "LEDGER_DISK_FULL"
          ? "Free space there; it goes on by itself with the next statement."
          : "Its own log says why.",
    });
  }
  if (report.policy !== policy) {
    problems.push({
      of,
      code: report.reloadError ?? "CONFIG_INVALID",
      message: "It has another policy in force than this control plane.",
      hint: "Reload the configuration; the gateway's log says why it could not take it.",
    });
  }
  return problems;
}
