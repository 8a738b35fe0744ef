/** docs/getting-started.md, run as it stands: only the names of the place are others. */
import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../sim/free-port.ts";
import { createSupportRoles, fillSupportDatabase } from "../../sim/support-database/fill.ts";
import { type Cluster, startCluster } from "../rig/cluster.ts";
import { root } from "./running.ts";

const noPsql = spawnSync("psql", ["--version"]).error !== undefined;
const run = promisify(execFile);

let cluster: Cluster;
let folder: string;
let serve: ChildProcess | undefined;

beforeAll(async () => {
  cluster = await startCluster();
  folder = await mkdtemp(join(tmpdir(), "whosaw-start-"));
  await cluster.query("CREATE DATABASE support");
  await createSupportRoles(cluster.superuserUrl, "replaced below");
  await fillSupportDatabase(cluster.url({ database: "support" }));
  await cluster.query("DROP ROLE whosaw_gw");
});

afterAll(async () => {
  if (serve?.exitCode === null) {
    serve.kill("SIGTERM");
    await once(serve, "exit");
  }
  await cluster.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The page's blocks of one language, in order. */
async function blocks(language: string): Promise<string[]> {
  const page = await readFile(join(root, "docs/getting-started.md"), "utf8");
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, "gmu"))].map((match) => match[1] ?? "");
}

test.skipIf(noPsql)("every line of the page does what it says", { timeout: 120_000 }, async () => {
  const port = await freePort();
  const password = decodeURIComponent(new URL(cluster.superuserUrl).password);
  const here = (line: string): string =>
    line
      .replaceAll("npx whosaw", `node ${join(root, "dist/src/cli/main.js")}`)
      .replaceAll("the password of me", password)
      .replaceAll("postgres://me", "postgres://postgres")
      .replaceAll("db.example", `127.0.0.1:${cluster.port}`)
      .replaceAll("6432", `${port}`);
  const env: Record<string, string> = { PATH: process.env["PATH"] ?? "", HOME: folder, TMPDIR: tmpdir() };
  const shell = async (text: string): Promise<string> => {
    // What a block exports holds for the blocks after it.
    const script = `set -e\n${here(text)}\necho; echo "--env--"; env -0 | grep -z '^GW_PASSWORD=\\|^PGPASSWORD=' | tr '\\0' '\\n'`;
    const { stdout } = await run("bash", ["-c", script], { cwd: folder, env });
    const [said = "", exported = ""] = stdout.split("\n--env--\n");
    for (const line of exported.split("\n").filter((one) => one.includes("=")))
      env[line.slice(0, line.indexOf("="))] = line.slice(line.indexOf("=") + 1);
    return said;
  };

  const [look, secret, check, actor, start, work, doctor, ...none] = await blocks("sh");
  expect(none).toEqual([]);
  const proposed = await shell((look ?? "").replace(/(init .*)/u, `$1 --yes --listen 127.0.0.1:${port}`));
  expect(proposed).toContain("support.tickets  [customer: customer_id]");
  const [sql = ""] = await blocks("sql");
  for (const line of sql.trim().split("\n")) expect(proposed).toContain(line);
  await cluster.query(
    proposed
      .split("\n")
      .filter((line) => /^ {2}(?:CREATE|GRANT) /u.test(line))
      .join("\n"),
    undefined,
    "support",
  );
  expect(await shell(secret ?? "")).toContain("ALTER ROLE");
  expect(await shell(check ?? "")).toMatch(/^ok /mu);
  await shell(actor ?? "");
  serve = spawn("bash", ["-c", `exec ${here(start ?? "").trim()} --json`], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [ready] = (await once(createInterface(serve.stdout!), "line")) as [string];
  expect(JSON.parse(ready)).toMatchObject({ event: "ready", mode: "observe" });
  const seen = await shell(work ?? "");
  expect(seen).toContain("(3 rows)");
  expect(seen).toMatch(/customer:4001[^]*staff:/u);
  expect(await shell(doctor ?? "")).toMatch(/^ask +copies: /mu);
});
