/** Where the state is kept, as `state` in whosaw.yaml says. */
import type { ConnectionOptions } from "node:tls";
import type pg from "pg";
import type { ServerAddress } from "../embedded-postgres/kept-server.ts";

export type StateLocation =
  | {
      readonly kind: "embedded";
      /** Absolute. */
      readonly dir: string;
    }
  | ServerLocation;

/** PostgreSQL 14 or newer. */
export interface ServerLocation {
  readonly kind: "server";
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  /** As libpq's. */
  readonly sslmode: "disable" | "require" | "verify-ca" | "verify-full";
}

/** A server that can be connected to. */
export interface Reachable {
  readonly client: pg.ClientConfig;
  /** For errors: `the state database whosaw on db.example:5432`. */
  readonly name: string;
}

export function reachable(location: ServerLocation): Reachable {
  const { host, port, user, password, database, sslmode } = location;
  return {
    client: { host, port, user, password, database, ssl: tlsOf(sslmode) },
    name: `the state database ${database} on ${host}:${port}`,
  };
}

/** The server of {@link StateLocation} `embedded`, once it runs. */
export function embedded(server: ServerAddress): Reachable {
  return { client: { ...server, ssl: false }, name: "the embedded state database" };
}

function tlsOf(sslmode: ServerLocation["sslmode"]): ConnectionOptions | false {
  if (sslmode === "disable") return false;
  if (sslmode === "require") return { rejectUnauthorized: false };
  // verify-ca leaves the name in the certificate aside.
  return sslmode === "verify-full" ? {} : { checkServerIdentity: () => undefined };
}
