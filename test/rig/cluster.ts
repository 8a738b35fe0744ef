/** Real PostgreSQL servers for tests. */
import { randomBytes } from "node:crypto";
import pg from "pg";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../sim/embedded-postgres.ts";
import type { PostgresVersion } from "../../src/embedded-postgres/binaries.ts";
import { type Authority, type Certificate, issueServer, makeAuthority } from "./certs.ts";

/** Where a server is and what one can do with it as its superuser; stopping it is for its owner. */
export interface ServerHandle {
  readonly host: string;
  readonly port: number;
  readonly version: PostgresVersion;
  /** To the database `postgres`. */
  readonly superuserUrl: string;
  /** The superuser and the database `postgres` where nothing else is said; another user's password only if given. */
  url(to?: { database?: string; user?: string; password?: string }): string;
  /** Runs one text as superuser, several statements if there are no values. Returns the (last) statement's rows. */
  query(sql: string, values?: readonly unknown[], database?: string): Promise<Record<string, unknown>[]>;
  /** A database of one's own: empty, or a copy of `template` (to which nobody may be connected). */
  createDatabase(template?: string): Promise<TestDatabase>;
}

export interface TestDatabase {
  readonly name: string;
  /** As superuser. */
  readonly url: string;
  query(sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** Ends its sessions and removes it. */
  drop(): Promise<void>;
}

export interface Cluster extends ServerHandle {
  /** With `tls` or `auth: "cert"`: who signed the server's certificate, and signs clients' (`authority.issue(role)`). */
  readonly authority: Authority | undefined;
  /** The postmaster's process id. */
  readonly pid: number;
  /** The server's log of this run. */
  readonly log: string;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
  /** SIGKILL to every process of the server; `start` brings it back on the same port. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** A fast stop (sessions end with 57P01) and a start on the same port. */
  restart(): Promise<void>;
}

export interface ClusterOptions {
  readonly version?: PostgresVersion;
  /** Accept TLS, with a certificate for localhost and 127.0.0.1 signed by `cluster.authority` (or by the one given). */
  readonly tls?: boolean | { readonly authority: Authority; readonly server: Certificate };
  /** How everybody but the superuser signs in. `md5` also stores passwords so; `cert` implies `tls`. */
  readonly auth?: "scram" | "md5" | "trust" | "cert";
  /** Refuse connections without TLS (those of the superuser excepted). */
  readonly tlsOnly?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
}

/** Starts a server of one's own: about half a second. Prefer `sharedServer` (shared.ts) where nothing is broken on purpose. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const auth = options.auth ?? "scram";
  const tls = await tlsFor(options.tls ?? auth === "cert");
  const method = { scram: "scram-sha-256", md5: "md5", trust: "trust", cert: "cert" }[auth];
  const server = await startEmbeddedPostgres({
    version: options.version ?? 15,
    hba: [`${auth === "cert" || options.tlsOnly === true ? "hostssl" : "host"} all all 127.0.0.1/32 ${method}`],
    settings: { ...(auth === "md5" ? { password_encryption: "md5" } : {}), ...options.settings },
    ...(tls === undefined ? {} : { tls: { ...tls.server, ca: tls.authority.cert } }),
  });
  return own(server, tls?.authority);
}

async function tlsFor(tls: boolean | { authority: Authority; server: Certificate }) {
  if (typeof tls !== "boolean") return tls;
  if (!tls) return undefined;
  const authority = await makeAuthority();
  return { authority, server: await issueServer(authority) };
}

function own(server: EmbeddedPostgres, authority: Authority | undefined): Cluster {
  return {
    ...serverAt(server.version, () => server.url()),
    authority,
    get port() {
      return server.port;
    },
    get pid() {
      return server.pid;
    },
    get log() {
      return server.log;
    },
    stop: () => server.stop(),
    kill: () => server.kill(),
    start: () => server.start(),
    restart: () => server.restart(),
  };
}

/** The server that `superuserUrl` leads to. */
export function serverAt(version: PostgresVersion, superuserUrl: () => string): ServerHandle {
  const at = new URL(superuserUrl());
  const url: ServerHandle["url"] = (to = {}) => {
    const there = new URL(superuserUrl());
    if (to.database !== undefined) there.pathname = `/${encodeURIComponent(to.database)}`;
    if (to.user !== undefined) there.username = encodeURIComponent(to.user);
    if (to.user !== undefined || to.password !== undefined) there.password = encodeURIComponent(to.password ?? "");
    return there.href;
  };
  const query: ServerHandle["query"] = (sql, values, database) =>
    runQuery(url(database === undefined ? {} : { database }), sql, values);
  return {
    host: at.hostname,
    port: Number(at.port),
    version,
    superuserUrl: superuserUrl(),
    url,
    query,
    createDatabase: async (template = "template1") => {
      const name = `test_${randomBytes(6).toString("hex")}`;
      await query(`CREATE DATABASE ${name} TEMPLATE ${pg.escapeIdentifier(template)}`);
      return {
        name,
        url: url({ database: name }),
        query: (sql, values) => query(sql, values, name),
        drop: async () => {
          await query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
        },
      };
    },
  };
}

async function runQuery(
  connectionString: string,
  sql: string,
  values?: readonly unknown[],
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const result: pg.QueryResult | pg.QueryResult[] = await client.query(
      sql,
      values === undefined ? undefined : [...values],
    );
    return (Array.isArray(result) ? result.at(-1)?.rows : result.rows) ?? [];
  } finally {
    await client.end();
  }
}
