/** Gateways beside the first: the same database and policy, each with a port, a ledger and an origin of its own. */
import { WhosawError } from "../base/errors.ts";
import { parseHostPort } from "./address.ts";
import type { Config, GatewayConfig, LedgerConfig } from "./config.ts";
import type { Findings } from "./problem.ts";
import { checkApart, ORIGIN } from "./places.ts";
import type { RawConfig } from "./schema.ts";

export function resolveGateways(
  raw: RawConfig,
  ledger: LedgerConfig,
  absolute: (path: string) => string,
  findings: Findings,
): ReadonlyMap<string, GatewayConfig> {
  const gateways = new Map<string, GatewayConfig>();
  for (const [name, { listen, ledger: dir, origin }] of Object.entries(raw.gateways)) {
    const at = (key: string): string[] => ["gateways", name, key];
    const address = parseHostPort(listen);
    if ("problem" in address) findings.add(at("listen"), address.problem);
    if (!ORIGIN.test(origin)) findings.add(at("origin"), "must be a short name without spaces and plus signs.");
    const ours = [ledger.origin, `${ledger.origin}/console`, `${ledger.origin}/import`];
    const taken = ours.includes(origin) || [...gateways.values()].some((other) => other.origin === origin);
    if (taken) findings.add(at("origin"), "is the origin of another gateway. Each log in the world has its own name.");
    const gateway = { ...("value" in address ? address.value : { host: "", port: 0 }), dir: absolute(dir), origin };
    const places: (readonly [string, string])[] = [
      ["ledger.dir", ledger.dir],
      ["ledger.keys", ledger.keys],
      ["ledger.witness", ledger.witness],
      ["ledger.console", ledger.console],
      ["ledger.imports", ledger.imports],
      ...[...gateways].map(([other, { dir: place }]) => [`gateways.${other}.ledger`, place] as const),
    ];
    checkApart(
      [...places, ["ledger", gateway.dir]],
      (path) => (path === "ledger" ? at("ledger") : undefined),
      findings,
    );
    gateways.set(name, gateway);
  }
  return gateways;
}

/**
 * The configuration as a gateway of that name has it.
 * @param name undefined for the first, which stands under listen and ledger
 * @throws WhosawError USAGE
 */
export function configOfGateway(config: Config, name: string | undefined): Config {
  if (name === undefined) return config;
  const gateway = config.gateways.get(name);
  if (gateway === undefined) {
    throw new WhosawError("USAGE", "whosaw.yaml has no gateway of this name.", {
      hint: `Names under gateways: ${[...config.gateways.keys()].join(", ") || "none yet"}. Without --name it is the one under listen and ledger.`,
    });
  }
  const { host, port, dir, origin } = gateway;
  const postgres = { ...config.listen.postgres, host, port };
  return { ...config, listen: { ...config.listen, postgres }, ledger: { ...config.ledger, dir, origin } };
}

/** A log by where it is and what it is called. */
export interface LogPlace extends Pick<LedgerConfig, "dir" | "origin"> {
  /** It holds disclosures from files, with times of their own. */
  readonly imports?: true;
}

/** The logs of all gateways, the first one's first. */
export function gatewayLogs({ ledger, gateways }: Config): readonly LogPlace[] {
  return [ledger, ...gateways.values()].map(({ dir, origin }) => ({ dir, origin }));
}

/** The log of what was imported. */
export function importLog({ ledger: { imports: dir, origin } }: Pick<Config, "ledger">): LogPlace {
  return { dir, origin: `${origin}/import`, imports: true };
}

/** All logs that say who was shown whom. */
export function disclosureLogs(config: Config): readonly LogPlace[] {
  return [...gatewayLogs(config), importLog(config)];
}

/** The same, and the control plane's own. */
export function allLogs(config: Config): readonly LogPlace[] {
  const { console: dir, origin } = config.ledger;
  return [...disclosureLogs(config), { dir, origin: `${origin}/console` }];
}
