/**
 * Metrics for Prometheus, of the control plane and of all gateways. Labels are origins of gateways, names of stores, kinds of
 * subjects and error codes: never ids of people or subjects.
 */
import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { KnownGateway } from "./gateways.ts";
import type { ShippingState } from "../shipping/shipper.ts";
import type { HealthTold } from "./health.ts";

export interface MetricsSources {
  readonly gateways: readonly KnownGateway[];
  readonly health: HealthTold;
  /** One for each log. */
  readonly shipping: readonly ShippingState[];
  /** By kind of subject, the day since 1970 that its daily aggregates reach to. */
  readonly aggregated: ReadonlyMap<string, number>;
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #gauges: readonly { readonly gauge: Gauge; readonly read: Read }[];

  constructor() {
    collectDefaultMetrics({ register: this.#registry, prefix: "whosaw_control_" });
    this.#gauges = GAUGES.map(({ name, help, labels, read }) => ({
      gauge: new Gauge({ name: `whosaw_${name}`, help, labelNames: labels, registers: [this.#registry] }),
      read,
    }));
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The text that Prometheus reads. */
  text(sources: MetricsSources): Promise<string> {
    for (const { gauge, read } of this.#gauges) {
      gauge.reset();
      for (const [labels, value] of read(sources)) gauge.set(labels, value);
    }
    return this.#registry.metrics();
  }
}

type Labels = Readonly<Record<string, string>>;
type Read = (sources: MetricsSources) => readonly (readonly [Labels, number])[];

interface GaugeSpec {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly read: Read;
}

/** Of each gateway one number. Totals begin at 0 with the gateway. */
function ofGateways(name: string, help: string, value: (gateway: KnownGateway) => number): GaugeSpec {
  return {
    name: `gateway_${name}`,
    help,
    labels: ["gateway"],
    read: ({ gateways }) => gateways.map((gateway) => [{ gateway: gateway.report.origin }, value(gateway)] as const),
  };
}

const GAUGES: readonly GaugeSpec[] = [
  {
    name: "healthy",
    help: "1 if health is green",
    labels: [],
    read: ({ health }) => [[{}, health.status === "green" ? 1 : 0]],
  },
  {
    name: "problems",
    help: "What is wrong now, by error code",
    labels: ["of", "code"],
    read: ({ health }) => health.problems.map(({ of, code }) => [{ of, code }, 1] as const),
  },
  ofGateways("leased", "1 if the gateway has asked for its lease in time", ({ leased }) => (leased ? 1 : 0)),
  ofGateways("sessions", "Sessions open now", ({ report }) => report.sessions),
  ofGateways("sessions_total", "Sessions since the gateway started", ({ report }) => report.counts.sessions),
  ofGateways("ledger_entries", "Entries on stable storage", ({ report }) => report.ledgerEntries),
  {
    name: "columns_entries",
    help: "Entries of a log that are in columns",
    labels: ["log"],
    read: ({ shipping }) => shipping.map(({ origin, next }) => [{ log: origin }, next] as const),
  },
  {
    name: "columns_entries_behind",
    help: "Entries of a log that are under its checkpoint and not in columns yet",
    labels: ["log"],
    read: ({ shipping }) => shipping.map(({ origin, next, size }) => [{ log: origin }, size - next] as const),
  },
  {
    name: "columns_aggregated_day",
    help: "Day since 1970 up to which the daily aggregates of a kind of subject hold what has arrived in columns",
    labels: ["kind"],
    read: ({ aggregated }) => [...aggregated].map(([kind, day]) => [{ kind }, day] as const),
  },
  {
    name: "gateway_statements_total",
    help: "Executions of statements on protected tables since the gateway started, by decision",
    labels: ["gateway", "decision"],
    read: ({ gateways }) =>
      gateways.flatMap(({ report: { origin: gateway, counts } }) => [
        [{ gateway, decision: "accounted" }, counts.accounted] as const,
        [{ gateway, decision: "opaque" }, counts.opaque] as const,
      ]),
  },
  {
    name: "gateway_errors_total",
    help: "Refused statements, failed sign-ins and ended sessions since the gateway started, by error code",
    labels: ["gateway", "code"],
    read: ({ gateways }) =>
      gateways.flatMap(({ report: { origin: gateway, counts } }) =>
        Object.entries(counts.errors).map(([code, count]) => [{ gateway, code }, count] as const),
      ),
  },
];
