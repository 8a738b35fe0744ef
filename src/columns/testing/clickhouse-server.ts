/** Debian's clickhouse-server, 18.16, in a folder of its own, for as long as tests need it. */
import { existsSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../../sim/free-port.ts";
import { GuardedProcess } from "../../embedded-postgres/guarded.ts";
import type { ClickhousePlace } from "../clickhouse.ts";

const PROGRAM = ["/usr/sbin/clickhouse-server", "/usr/bin/clickhouse-server"].find((path) => existsSync(path));
const START_TIMEOUT_MS = 30_000;

/** Why there is no server to test with, said aloud; undefined if there is one. */
export function serverMissing(): string | undefined {
  if (PROGRAM !== undefined) return undefined;
  const why =
    "NOT TESTED: columns on a ClickHouse server, since clickhouse-server is missing (apt-get install clickhouse-server)";
  process.stderr.write(`\n${why}\n`);
  return why;
}

export interface TestServer {
  readonly place: { readonly kind: "server" } & ClickhousePlace;
  /** Ends it at once, as `kill -9` does. */
  readonly kill: () => Promise<void>;
}

export async function startClickhouse(): Promise<TestServer> {
  if (PROGRAM === undefined) throw new Error("clickhouse-server is not installed");
  const base = await mkdtemp(join(tmpdir(), "whosaw-clickhouse-"));
  const [http, tcp] = [await freePort(), await freePort()];
  const password = "p:ss wörd/%";
  const config = join(base, "config.xml");
  await writeFile(join(base, "users.xml"), users(password));
  await writeFile(config, configuration(base, http, tcp));
  const server = new GuardedProcess({
    base,
    program: "/bin/sh",
    // What the guardian reads is the error output.
    args: ["-c", `exec ${PROGRAM} --config-file='${config}' 1>&2`],
    cwd: base,
    env: process.env,
  });
  if ((await server.says(/Ready for connections/u, START_TIMEOUT_MS)) === undefined) {
    await server.letGo("KILL");
    throw new Error(`clickhouse-server did not start: ${server.log}`);
  }
  const url = `http://127.0.0.1:${http}`;
  return {
    place: { kind: "server", url, user: "default", password, database: "whosaw", cluster: undefined },
    kill: () => server.letGo("KILL"),
  };
}

function configuration(base: string, http: number, tcp: number): string {
  return `<yandex>
    <logger><level>information</level><console>1</console></logger>
    <http_port>${http}</http_port><tcp_port>${tcp}</tcp_port><listen_host>127.0.0.1</listen_host>
    <path>${base}/data/</path><tmp_path>${base}/tmp/</tmp_path><users_config>${base}/users.xml</users_config>
    <default_profile>default</default_profile><default_database>default</default_database>
    <mark_cache_size>5242880</mark_cache_size>
  </yandex>`;
}

function users(password: string): string {
  return `<yandex>
    <profiles><default/></profiles><quotas><default/></quotas>
    <users><default>
      <password>${password}</password><networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile><quota>default</quota>
    </default></users>
  </yandex>`;
}
