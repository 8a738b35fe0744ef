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

/** Where health and metrics are served. */
export interface HttpConfig {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** How gateways and commands reach the control plane, and what holds while they cannot. */
export interface ControlConfig {
  /** Unix socket, absolute. */
  readonly socket: string;
  /** Who may open it: the user that the control plane runs as, or also the group of the socket's folder. */
  readonly access: "owner" | "group";
  /** How long protected rows wait for a control lease before their statement fails. */
  readonly graceMs: number;
  /** Protected rows pass without a lease once the grace is over, marked as such. */
  readonly continueUnleased: boolean;
}

/** PostgreSQL for what is neither a disclosure nor a configuration. */
export type StateConfig =
  | { readonly kind: "embedded"; readonly dir: string }
  | ({ readonly kind: "server" } & Pick<
      UpstreamConfig,
      "host" | "port" | "user" | "password" | "database" | "sslmode"
    >);

/** ClickHouse for disclosures. */
export type ColumnsConfig =
  | { readonly kind: "embedded"; readonly dir: string }
  | {
      readonly kind: "server";
      /** Scheme, host and port. */
      readonly url: string;
      readonly user: string;
      readonly password: string;
      readonly database: string;
      /** Tables are made on all of its servers. */
      readonly cluster: string | undefined;
    };

/** Which columns of the protected database sort subjects of a kind into strata. */
export interface StrataConfig {
  readonly kind: string;
  /** Schema-qualified. */
  readonly table: string;
  /** Its subject key. */
  readonly key: string;
  /** Name of the stratum, such as country, to its column. */
  readonly columns: ReadonlyMap<string, string>;
}

export interface LedgerConfig {
  /** Directories, absolute. */
  readonly dir: string;
  readonly keys: string;
  readonly witness: string;
  readonly console: string;
  readonly imports: string;
  readonly origin: string;
}

/** A gateway beside the first: what it does not share with it. */
export interface GatewayConfig {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Its ledger's directory, absolute. Keys, witness and console log are those of `ledger`. */
  readonly dir: string;
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
  readonly listen: { readonly postgres: ListenConfig; readonly http: HttpConfig | undefined };
  readonly control: ControlConfig;
  readonly state: StateConfig;
  readonly columns: ColumnsConfig;
  readonly strata: readonly StrataConfig[];
  readonly ledger: LedgerConfig;
  /** By name; the first gateway, under listen and ledger, is not among them. */
  readonly gateways: ReadonlyMap<string, GatewayConfig>;
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
