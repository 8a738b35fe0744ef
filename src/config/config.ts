/**
 * The configuration as the program uses it: defaults filled in, paths absolute, `${ENV}` replaced, names checked
 * against each other. Made by load.ts from whosaw.yaml; immutable; a reload makes a new one.
 */
import type { Classification } from "../lineage/classification.ts";
import type { Mode } from "../lineage/planner.ts";

/** As libpq's sslmode, without the modes that fall back to plain text (allow, prefer). */
export const SSL_MODES = ["disable", "require", "verify-ca", "verify-full"] as const;
export type SslMode = (typeof SSL_MODES)[number];

export interface UpstreamConfig {
  /** Name or address; an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  /** The one database that the gateway serves. */
  readonly database: string;
  readonly sslmode: SslMode;
  /** PEM files, absolute. Without `ca` the system's authorities count. */
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

export interface ListenConfig {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly tls: ListenTlsConfig | undefined;
}

export interface ListenTlsConfig {
  /** PEM files, absolute. */
  readonly cert: string;
  readonly key: string;
  /** Authorities whose client certificates sign an actor in: the certificate's common name is the actor's name. */
  readonly clientCa: string | undefined;
}

export interface LedgerConfig {
  /** Directories, absolute. */
  readonly dir: string;
  readonly keys: string;
  readonly witness: string;
  readonly console: string;
  readonly origin: string;
}

export interface RoleConfig {
  /** The role that the database session takes on; undefined keeps the upstream user's own. */
  readonly upstreamRole: string | undefined;
  /** May run DDL, DO and GRANT. */
  readonly migrate: boolean;
}

export interface Config {
  /** The file it came from, absolute. */
  readonly file: string;
  readonly upstream: UpstreamConfig;
  readonly listen: { readonly postgres: ListenConfig };
  readonly ledger: LedgerConfig;
  readonly mode: Mode;
  readonly classification: Classification;
  /** By name. A service account that states an upstream role of its own adds a role named `svc:<account>`. */
  readonly roles: ReadonlyMap<string, RoleConfig>;
  readonly actors: {
    /** The actor register, absolute. */
    readonly file: string;
    /** Service account to the name of its role, a key of `roles`. */
    readonly serviceAccounts: ReadonlyMap<string, string>;
  };
}
