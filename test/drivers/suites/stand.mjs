// The two places where a foreign suite runs: a PostgreSQL 15 of one's own, and a gateway (`whosaw serve`) before it.
// Both know the same users with the same passwords, the same database, and a certificate of the same authority.
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { root } from "../../../scripts/ready.mjs";

const { startEmbeddedPostgres } = await import(join(root, "dist", "sim", "embedded-postgres.js"));

/** Name of the database, and of the user to whom everything belongs: some tests expect that one defaults to the other. */
const DATABASE = "postgres_js_test";
const CLI = join(root, "dist", "src", "cli", "main.js");

const OWN_PASSWORD = randomBytes(12).toString("base64url");

/** Users that the suites expect, with the passwords that they sign in with. The first one may do everything. */
const USERS = {
  [DATABASE]: OWN_PASSWORD,
  postgres_js_test_md5: "postgres_js_test_md5",
  postgres_js_test_scram: "postgres_js_test_scram",
  scram_test: "test4scram",
  scram_unicode_test: "IX-\u2168",
};

/**
 * Starts a server and a gateway before it, and both once more for tests that fail over from one server to another.
 * @returns places to run a suite in, each with the `env` that leads there, and `reset`, which empties the database
 */
export async function startStand() {
  const dir = mkdtempSync(join(tmpdir(), "whosaw-suites-"));
  chmodSync(dir, 0o755);
  const tls = makeCertificate(dir);
  const [first, second] = [await startSite(dir, tls), await startSite(dir, tls)];
  const env = (port, otherPort, sockets) => ({
    PGHOST: "localhost",
    PGPORT: String(port),
    PGUSER: DATABASE,
    PGPASSWORD: OWN_PASSWORD,
    PGSOCKET: sockets,
    SECOND_PORT: String(otherPort),
    RESET_URL: first.server.url({ database: DATABASE, user: DATABASE, password: OWN_PASSWORD }),
    RESET_SQL,
    SCRAM_TEST_PGUSER: "scram_test",
    SCRAM_TEST_PGPASSWORD: USERS.scram_test,
    SCRAM_TEST_PGUSER_UNICODE: "scram_unicode_test",
    SCRAM_TEST_PGPASSWORD_UNICODE: USERS.scram_unicode_test,
  });
  return {
    direct: env(first.server.port, second.server.port, first.sockets),
    // The gateway has no socket in the file system.
    gateway: env(first.gateway.port, second.gateway.port, join(dir, "none")),
    reset: () => first.admin(RESET_SQL),
    stop: async () => {
      for (const { gateway, server } of [first, second]) {
        await gateway.stop();
        await server.stop();
      }
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function startSite(dir, tls) {
  const sockets = mkdtempSync(join(dir, "sockets-"));
  chmodSync(sockets, 0o777);
  const server = await startServer(tls, sockets);
  const admin = psqlAs(server);
  createUsers(admin, server.superuser.password);
  return { server, sockets, admin, gateway: await startGateway(dir, server, tls.files) };
}

async function startServer(tls, sockets) {
  return startEmbeddedPostgres({
    version: 15,
    tls: tls.pem,
    hba: [
      "local all all trust",
      "host all postgres_js_test_md5 127.0.0.1/32 md5",
      "host all all 127.0.0.1/32 scram-sha-256",
      "host replication all 127.0.0.1/32 scram-sha-256",
    ],
    settings: {
      wal_level: "logical",
      max_prepared_transactions: "10",
      unix_socket_directories: sockets,
      // One test leaves a client in the middle of its sign-in, and ends when the server gives up.
      authentication_timeout: "20s",
    },
  });
}

/** Runs SQL as the superuser, without the gateway. */
function psqlAs(server) {
  return (sql, database = DATABASE, user = DATABASE, password = OWN_PASSWORD) => {
    const url = server.url({ database, user, password });
    execFileSync("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url], {
      input: sql,
      stdio: ["pipe", "ignore", "inherit"],
    });
  };
}

function createUsers(admin, superuserPassword) {
  const statements = Object.entries(USERS).map(([name, password]) => {
    const encryption = name.endsWith("_md5") ? "md5" : "scram-sha-256";
    const power = name === DATABASE ? "SUPERUSER" : "";
    return `SET password_encryption = '${encryption}'; CREATE ROLE ${name} LOGIN ${power} PASSWORD '${password}';`;
  });
  const create = `CREATE DATABASE ${DATABASE} OWNER ${DATABASE};`;
  admin(`${statements.join("\n")}\n${create}`, "postgres", "postgres", superuserPassword);
}

/** Empties the database, whatever a test left in it. */
const RESET_SQL = `
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${DATABASE}' AND pid <> pg_backend_pid()
  AND state LIKE 'idle in transaction%';
SET lock_timeout = '3s';
SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active;
DROP PUBLICATION IF EXISTS alltables;
DROP SCHEMA IF EXISTS a CASCADE;
DROP SCHEMA IF EXISTS b CASCADE;
DROP SCHEMA public CASCADE;
CREATE SCHEMA public AUTHORIZATION ${DATABASE};
GRANT ALL ON SCHEMA public TO PUBLIC;
`;

async function startGateway(dir, server, tls) {
  const home = mkdtempSync(join(dir, "gateway-"));
  const config = join(home, "whosaw.yaml");
  const upstream = server.url({ database: DATABASE, user: DATABASE, password: OWN_PASSWORD });
  const roles = Object.keys(USERS).map((name) => {
    const role = name === DATABASE ? "" : `upstream-role: ${name}, `;
    return `  ${name}: {${role}migrate: true}`;
  });
  writeFileSync(
    config,
    `upstream: {url: ${JSON.stringify(upstream)}}
listen: {postgres: "127.0.0.1:0", tls: {cert: ${tls.cert}, key: ${tls.key}}}
ledger: {dir: ./ledger, origin: suites.example/gw-1}
mode: observe
roles:
${roles.join("\n")}
`,
  );
  for (const [name, password] of Object.entries(USERS)) {
    const args = [CLI, "actor", "add", name, "--role", name, "--password-stdin", "--config", config];
    execFileSync(process.execPath, args, { input: password });
  }
  return serve(config);
}

async function serve(config) {
  const child = spawn(process.execPath, [CLI, "serve", "--json", "--config", config], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface(child.stdout), "line");
  const { postgres } = JSON.parse(line);
  return {
    port: Number(postgres.split(":").at(-1)),
    stop: async () => {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    },
  };
}

function makeCertificate(dir) {
  const files = { cert: join(dir, "server.pem"), key: join(dir, "server-key.pem") };
  const names = "subjectAltName=DNS:localhost,IP:127.0.0.1";
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", files.key];
  execFileSync(
    "openssl",
    ["req", "-x509", ...key, "-out", files.cert, "-days", "2", "-subj", "/CN=localhost", "-addext", names],
    {
      stdio: "ignore",
    },
  );
  const [cert, secret] = [files.cert, files.key].map((file) => execFileSync("cat", [file], { encoding: "utf8" }));
  return { files, pem: { cert, key: secret, ca: cert } };
}
