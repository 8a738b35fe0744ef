import pg from "pg";
import { describe, expect, test } from "vitest";
import { startCluster } from "./cluster.ts";
import { sharedServer } from "./shared.ts";

describe.each([14, 15, 16, 17, 18] as const)("PostgreSQL %i", (version) => {
  test("starts, survives kill and restart with its data, and stops", async () => {
    const cluster = await startCluster({ version });
    const [row] = await cluster.query("SELECT current_setting('server_version_num')::int / 10000 AS major");
    expect(row).toEqual({ major: version });
    await cluster.query("CREATE TABLE kept AS SELECT 1 AS one");
    const before = cluster.pid;
    await cluster.kill();
    await expect(cluster.query("SELECT 1")).rejects.toThrow(/ECONNREFUSED/);
    await cluster.start();
    await cluster.restart();
    expect(cluster.pid).not.toBe(before);
    expect(await cluster.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await cluster.stop();
    expect(() => process.kill(cluster.pid, 0)).toThrow(/ESRCH/);
  });
});

test("kill ends connections without a word", async () => {
  const cluster = await startCluster();
  const client = new pg.Client(cluster.superuserUrl);
  await client.connect();
  const words: string[] = [];
  client.on("error", (error) => words.push(error.message));
  const end = new Promise((resolve) => client.once("end", resolve));
  await cluster.kill();
  await end;
  expect(words.join()).not.toMatch(/terminating connection/);
  await cluster.stop();
});

test.each(["scram", "md5", "trust"] as const)("sign-in by %s", async (auth) => {
  const cluster = await startCluster({ auth });
  await cluster.query("CREATE ROLE someone LOGIN PASSWORD 'right'");
  const [stored] = await cluster.query("SELECT left(rolpassword, 3) AS kind FROM pg_authid WHERE rolname = 'someone'");
  expect(stored).toEqual({ kind: auth === "md5" ? "md5" : "SCR" });
  const attempt = async (password: string) => {
    const client = new pg.Client(cluster.url({ user: "someone", password }));
    await client.connect();
    await client.end();
  };
  await attempt("right");
  if (auth === "trust") await attempt("wrong");
  else await expect(attempt("wrong")).rejects.toThrow(/password authentication failed/);
  await cluster.stop();
});

test("certificates: the server's verifies, the client's names the role", async () => {
  const cluster = await startCluster({ auth: "cert" });
  await cluster.query("CREATE ROLE someone LOGIN");
  const client = await cluster.authority!.issue("someone");
  const stranger = await cluster.authority!.issue("someone-else");
  const attempt = async (with_: typeof client) => {
    const ssl = { ca: cluster.authority!.cert, ...with_, rejectUnauthorized: true };
    const session = new pg.Client({ connectionString: cluster.url({ user: "someone" }), ssl });
    await session.connect();
    const { rows } = await session.query("SELECT current_user AS me");
    await session.end();
    return rows;
  };
  expect(await attempt(client)).toEqual([{ me: "someone" }]);
  await expect(attempt(stranger)).rejects.toThrow(/certificate authentication failed/);
  await cluster.stop();
});

test("shared servers lend databases that are copies of a template", async () => {
  const server = await sharedServer(18);
  const template = await server.createDatabase();
  await template.query("CREATE TABLE t AS SELECT 7 AS seven");
  const copy = await server.createDatabase(template.name);
  expect(await copy.query("SELECT seven FROM t")).toEqual([{ seven: 7 }]);
  await Promise.all([copy.drop(), template.drop()]);
});
