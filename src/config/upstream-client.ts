/** How the product itself connects to the protected database, to read: beside the gateway, and as the same user. */
import { readFile } from "node:fs/promises";
import type { ConnectionOptions } from "node:tls";
import type pg from "pg";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { UpstreamConfig } from "./config.ts";

/** Values as they came: keys are hashed as text, and no value is calculated with. */
const AS_TEXT: pg.CustomTypesConfig = { getTypeParser: () => (value: string) => value };

/**
 * For a client whose values are all in PostgreSQL's text format.
 * @param name as the database shows it in pg_stat_activity
 * @throws WhosawError FILE_UNREADABLE for certificates
 */
export async function upstreamClient(upstream: UpstreamConfig, name: string): Promise<pg.ClientConfig> {
  const { host, port, user, password, database } = upstream;
  return {
    host,
    port,
    user,
    password,
    database,
    ssl: await tlsOf(upstream),
    types: AS_TEXT,
    connectionTimeoutMillis: LIMITS.upstreamConnectTimeoutMs,
    application_name: name,
  };
}

async function tlsOf({ sslmode, ca, cert, key }: UpstreamConfig): Promise<ConnectionOptions | false> {
  if (sslmode === "disable") return false;
  const [caPem, certPem, keyPem] = await Promise.all([ca, cert, key].map(pem));
  return {
    ...(caPem !== undefined && { ca: caPem }),
    ...(certPem !== undefined && { cert: certPem }),
    ...(keyPem !== undefined && { key: keyPem }),
    rejectUnauthorized: sslmode !== "require",
    // verify-ca leaves the name in the certificate aside.
    ...(sslmode !== "verify-full" && { checkServerIdentity: () => undefined }),
  };
}

async function pem(path: string | undefined): Promise<Buffer | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path);
  } catch (cause) {
    throw new WhosawError("FILE_UNREADABLE", `A certificate or key of upstream cannot be read: ${path}.`, {
      hint: "whosaw check says more.",
      cause,
    });
  }
}
