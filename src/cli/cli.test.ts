import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { EventEmitter, once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Entry } from "../ledger/entry.ts";
import { createKeys } from "../ledger/keys-file.ts";
import { readEntries } from "../ledger/read.ts";
import { completionScript } from "./completion.ts";
import { formatTable } from "./output.ts";
import { runCli } from "./run.ts";
import { commands } from "./tree.ts";
import { EXIT, type ExitCode } from "./exit.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "whosaw-cli-"));
  await writeFile(join(folder, "whosaw.yaml"), configText());
});

afterEach(() => rm(folder, { recursive: true }));

function configText(listen = "127.0.0.1:0"): string {
  return `upstream: {url: "postgres://gw:\${GW}@127.0.0.1:1/support"}
listen: {postgres: "${listen}"}
ledger: {dir: ./ledger, origin: example.com/gw-1}
roles: {agent: {upstream-role: helpdesk_agent}}
actors: {service-accounts: {helpdesk: {upstream-role: helpdesk_app}}}
`;
}

interface Run {
  readonly exit: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
  json(): unknown;
  error(): { readonly code: string; readonly message: string; readonly hint: string | null };
}

async function whosaw(
  args: readonly string[],
  options: { stdin?: string; env?: Record<string, string> } = {},
): Promise<Run> {
  const streams = { stdout: "", stderr: "" };
  const sink = (name: keyof typeof streams): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        streams[name] += chunk.toString("utf8");
        done();
      },
    });
  const exit = await runCli(args, {
    stdout: sink("stdout"),
    stderr: sink("stderr"),
    stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]),
    env: { GW: "secret", ...options.env },
    cwd: folder,
    signals: new EventEmitter(),
  });
  const { stdout, stderr } = streams;
  return {
    exit,
    stdout,
    stderr,
    json: () => JSON.parse(stdout),
    error: () => (JSON.parse(stderr) as { error: ReturnType<Run["error"]> }).error,
  };
}

test("--help names every command, and every command's help has an example and the exit codes", async () => {
  const help = await whosaw(["--help"]);
  expect(help.exit).toBe(EXIT.ok);
  for (const command of commands) {
    expect(help.stdout).toContain(command.name.split(" ")[0]);
    const own = await whosaw([...command.name.split(" "), "--help"]);
    expect(own.exit).toBe(EXIT.ok);
    for (const example of command.examples) expect(own.stdout).toContain(`$ ${example}`);
    expect(own.stdout).toContain("--json");
    expect(own.stdout).toContain("Exit codes: 0 done");
  }
});

test("--version", async () => {
  const { version } = JSON.parse(await readFile("package.json", "utf8")) as { version: string };
  expect((await whosaw(["--version"])).stdout).toBe(`${version}\n`);
});

test.each([
  [[], "A command is missing.", "See `whosaw --help`."],
  [["actor"], "A command is missing.", "See `whosaw actor --help`."],
  [["actr"], "Unknown command 'actr'.", "Did you mean actor? See `whosaw --help`."],
  [["actor", "add"], "NAME is missing.", "Write `whosaw actor add NAME`. See `whosaw actor add --help`."],
  [
    ["bench", "a", "b"],
    "There is more on the command line than `whosaw bench` takes.",
    "Write `whosaw bench [NAME]`. See `whosaw bench --help`.",
  ],
  [["who-saw", "customer:1"], "KEY is missing.", "Write `whosaw who-saw KIND KEY`. See `whosaw who-saw --help`."],
  [["verify", "ledger"], "--vkey is missing.", "See `whosaw verify --help`."],
  [
    ["actor", "add", "x", "--role", "a", "--role", "b"],
    "Option '--role <ROLE>' argument 'b' is invalid. It is given twice.",
    "See `whosaw actor add --help`.",
  ],
  [
    ["actor", "add", "x", "--rol", "y"],
    "Unknown option '--rol'.",
    "Did you mean --role? See `whosaw actor add --help`.",
  ],
  [["actor", "add", "x", "--role"], "--role needs a value.", "See `whosaw actor add --help`."],
  [
    ["actor", "list", "x"],
    "There is more on the command line than `whosaw actor list` takes.",
    "Write `whosaw actor list`. See `whosaw actor list --help`.",
  ],
  [
    ["completion", "tcsh"],
    "Command-argument value 'tcsh' is invalid for argument 'SHELL'. Allowed choices are bash, zsh, fish.",
    "See `whosaw completion --help`.",
  ],
])("usage: whosaw %j", async (args, message, hint) => {
  const run = await whosaw(args);
  expect(run.exit).toBe(EXIT.usage);
  expect(run.stdout).toBe("");
  expect(run.stderr).toBe(`${message}\nhint: ${hint}\n`);
});

test.each<[string[], ExitCode, RegExp]>([
  [["actor", "password", "bob"], EXIT.negative, /^There is no actor of that name\.\nhint: See `whosaw actor list`/u],
  [
    ["actor", "add", "x", "--role", "agent", "--certificate-only", "--password-stdin"],
    EXIT.usage,
    /^--certificate-only and --password-stdin exclude each other\.\nhint: /u,
  ],
  [
    ["seen-by", "staff:123"],
    EXIT.usage,
    /^staff: stands before a UUID, and here it does not\.\nhint: `whosaw actor list`/u,
  ],
  [["seen-by", "svc:"], EXIT.usage, /^svc: stands before a service account's name, and here it does not\.\nhint: /u],
  [
    ["check", "--offline", "--config", "."],
    EXIT.configuration,
    /^The configuration \. is a folder\.\nhint: Name the file in it/u,
  ],
  [["ledger", "prove", "1", "--dir", "none"], EXIT.environment, /^There is no folder \S+none\.\nhint: /u],
  [
    ["ledger", "prove", "1"],
    EXIT.environment,
    /^There is no ledger in \S+ yet: .*\nhint: Start one with `whosaw serve`/u,
  ],
])("whosaw %j: one sentence, and what to do", async (args, exit, said) => {
  const run = await whosaw(args);
  expect(run).toMatchObject({ exit, stdout: "", stderr: expect.stringMatching(said) as string });
});

test("usage errors as JSON", async () => {
  const run = await whosaw(["actor", "list", "x", "--json"]);
  expect(run.exit).toBe(EXIT.usage);
  expect(run.stdout).toBe("");
  const message = "There is more on the command line than `whosaw actor list` takes.";
  expect(run.error()).toEqual({
    code: "USAGE",
    message,
    hint: "Write `whosaw actor list`. See `whosaw actor list --help`.",
  });
});

test("a configuration error has its problems, as text and as JSON", async () => {
  await writeFile(join(folder, "whosaw.yaml"), `${configText()}mod: observe\n`);
  const text = await whosaw(["check", "--offline"]);
  expect(text.exit).toBe(EXIT.configuration);
  expect(text.stderr).toBe("whosaw.yaml:6:1: mod: is not a known key. Did you mean mode?\n");
  const json = await whosaw(["check", "--offline", "--json"]);
  expect(json.error()).toMatchObject({
    code: "CONFIG_INVALID",
    problems: [{ line: 6, column: 1, path: "mod", message: "is not a known key. Did you mean mode?" }],
  });
});

test("the configuration is --config, else $WHOSAW_CONFIG, else ./whosaw.yaml", async () => {
  await writeFile(join(folder, "other.yaml"), "x: 1\n");
  expect((await whosaw(["check", "--offline"])).exit).toBe(EXIT.ok);
  expect((await whosaw(["check", "--offline"], { env: { WHOSAW_CONFIG: "other.yaml" } })).stderr).toContain(
    "other.yaml:1:1: x:",
  );
  expect(
    (await whosaw(["check", "--offline", "--config", "whosaw.yaml"], { env: { WHOSAW_CONFIG: "other.yaml" } })).exit,
  ).toBe(EXIT.ok);
  expect((await whosaw(["check", "--config", "gone.yaml", "--json"])).error()).toEqual({
    code: "CONFIG_INVALID",
    message: "The configuration gone.yaml does not exist.",
    hint: "Write one, or name another with --config FILE.",
  });
});

test("actors: add, list, disable, enable, another password", async () => {
  const added = await whosaw(["actor", "add", "alice", "--role", "agent", "--password-stdin", "--json"], {
    stdin: "correct horse\n",
  });
  expect(added.exit).toBe(EXIT.ok);
  expect(added.json()).toEqual({ id: expect.stringMatching(/^staff:/u) as string, name: "alice", role: "agent" });
  await whosaw(["actor", "add", "helpdesk", "--service", "--certificate-only"]);
  const list = (await whosaw(["actor", "list", "--json"])).json();
  expect(list).toEqual([
    { ...(added.json() as object), signIn: "password", status: "active" },
    { id: "svc:helpdesk", name: "helpdesk", role: "svc:helpdesk", signIn: "certificate", status: "active" },
  ]);
  expect((await whosaw(["actor", "disable", "alice"])).stdout).toBe("alice is disabled.\n");
  expect((await whosaw(["actor", "list"])).stdout).toMatch(/^alice +agent +password +disabled +staff:/mu);
  expect((await whosaw(["actor", "enable", "alice", "--json"])).json()).toMatchObject({ disabled: false });
  const before = await readFile(join(folder, "whosaw-actors.json"), "utf8");
  await whosaw(["actor", "password", "alice", "--password-stdin"], { stdin: "correct horse\n" });
  const after = await readFile(join(folder, "whosaw-actors.json"), "utf8");
  expect(after).not.toBe(before);
  expect(after).not.toContain("correct horse");
  expect((await whosaw(["actor", "disable", "bob", "--json"])).error().code).toBe("NOT_FOUND");
});

test("who names an id of the ledger leaves an entry before the answer", async () => {
  await whosaw(["actor", "add", "alice", "--role", "agent", "--certificate-only"]);
  const before = await whosaw(["actor", "list", "--json"]);
  const keys = await createKeys(join(folder, "ledger-keys"));
  const after = await whosaw(["actor", "list", "--json"]);
  expect(after.json()).toEqual(before.json());
  const looks: Entry[] = [];
  for await (const { entry } of readEntries(join(folder, "ledger-console"), { masterKey: keys.masterKey })) {
    if (entry?.kind === "look") looks.push(entry);
  }
  expect(looks).toMatchObject([{ command: "actor list", target: "actors", results: 1 }]);
  await writeFile(join(folder, "blocked.yaml"), configText().replace("origin:", "console: ./whosaw.yaml, origin:"));
  const refused = await whosaw(["actor", "list", "--json", "--config", "blocked.yaml"]);
  expect(refused.exit).toBe(EXIT.environment);
  expect(refused.stdout).toBe("");
});

test.each([
  ["an empty password", ["alice", "--role", "agent", "--password-stdin"], "\n", "The password is empty."],
  [
    "no password and no terminal",
    ["alice", "--role", "agent"],
    undefined,
    "A password is needed, and there is no terminal to ask for it.",
  ],
  ["no role", ["alice", "--password-stdin"], "x", "A role is needed."],
  ["a role that is not there", ["alice", "--role", "boss", "--password-stdin"], "x", "whosaw.yaml has no such role."],
  [
    "a service account's own role for a person",
    ["alice", "--role", "svc:helpdesk", "--password-stdin"],
    "x",
    "whosaw.yaml has no such role.",
  ],
  [
    "another role than configured",
    ["helpdesk", "--service", "--role", "agent", "--password-stdin"],
    "x",
    "whosaw.yaml gives this service account another role.",
  ],
  [
    "a name too long",
    ["a".repeat(64), "--role", "agent", "--password-stdin"],
    "x",
    "An actor's name has at most 63 bytes.",
  ],
  [
    "a password without end",
    ["alice", "--role", "agent", "--password-stdin"],
    "x".repeat(2_000),
    "The password is longer than 1000 bytes.",
  ],
])("actor add refuses %s, and changes nothing", async (_name, args, stdin, message) => {
  const run = await whosaw(["actor", "add", ...args, "--json"], stdin === undefined ? {} : { stdin });
  expect(run.exit).toBe(EXIT.usage);
  expect(run.error().message).toBe(message);
  await expect(readFile(join(folder, "whosaw-actors.json"))).rejects.toThrow("ENOENT");
});

test("check tells a port in use and a database that is not there", async () => {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as { port: number };
  try {
    await writeFile(join(folder, "whosaw.yaml"), configText(`127.0.0.1:${port}`));
    const run = await whosaw(["check", "--json"]);
    expect(run.exit).toBe(EXIT.environment);
    expect(run.json()).toMatchObject({
      valid: false,
      findings: [
        { severity: "warning", subject: "actors", message: "Nobody may sign in yet." },
        {
          severity: "error",
          subject: "listen.postgres",
          code: "PORT_IN_USE",
          message: `Port ${port} of 127.0.0.1 is in use.`,
        },
        { severity: "error", subject: "upstream", code: "UPSTREAM_UNREACHABLE" },
      ],
    });
  } finally {
    holder.close();
  }
});

test("bench lists what can be measured, and nothing else of its folder", async () => {
  const names = (await whosaw(["bench", "--json"])).json() as string[];
  expect(names).toContain("ledger");
  for (const helper of ["report", "picture"]) expect(names).not.toContain(helper);
  expect((await whosaw(["bench", "nonsense", "--json"])).error()).toEqual({
    code: "USAGE",
    message: "There is no bench of that name.",
    hint: `Choose one of ${names.join(", ")}.`,
  });
});

test("bash completes what the list of commands has", async () => {
  const script = join(folder, "completion.bash");
  await writeFile(script, completionScript("bash"));
  const complete = (...words: string[]): string[] => {
    const list = ["whosaw", ...words].map((word) => `'${word}'`).join(" ");
    const text = execFileSync(
      "bash",
      [
        "-c",
        `source '${script}'; COMP_WORDS=(${list}); COMP_CWORD=${words.length}; _whosaw; printf '%s\\n' "\${COMPREPLY[@]}"`,
      ],
      { cwd: folder },
    );
    return text
      .toString("utf8")
      .split("\n")
      .filter((line) => line !== "");
  };
  expect(complete("")).toEqual(expect.arrayContaining(["check", "actor", "completion"]));
  expect(complete("act")).toEqual(["actor"]);
  expect(complete("actor", "")).toEqual(expect.arrayContaining(["add", "list", "disable", "enable"]));
  expect(complete("actor", "add", "--pass")).toEqual(["--password-stdin"]);
  expect(complete("actor", "add", "alice", "--ro")).toEqual(["--role"]);
  expect(complete("completion", "")).toEqual(expect.arrayContaining(["bash", "zsh", "fish"]));
  expect(complete("check", "--config", "").sort()).toEqual(["completion.bash", "whosaw.yaml"]);
  expect(complete("state", "restore", "whosaw.y")).toEqual(["whosaw.yaml"]);
  expect(complete("verify", "whosaw.y")).toEqual(["whosaw.yaml"]);
  expect(complete("state", "restore", "--rep")).toEqual(["--replace"]);
  expect(complete("scope", "--actor", "")).toEqual([]);
});

test("the scripts for zsh and fish name every command", () => {
  for (const script of [completionScript("zsh"), completionScript("fish")]) {
    for (const command of commands) for (const word of command.name.split(" ")) expect(script).toContain(word);
    expect(script).not.toContain("undefined");
  }
});

test("a table is as wide as its widest cell, in characters", () => {
  expect(
    formatTable(
      [{ title: "A" }, { title: "N", align: "right" }],
      [
        ["éé", "1"],
        ["x", "200"],
      ],
    ),
  ).toBe("A     N\néé    1\nx   200\n");
});

test("whosaw --help loads no parser, no ledger, no network code: what commands run with is imported inside run", async () => {
  const seen = new Set<string>();
  const visit = async (file: string): Promise<void> => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = await readFile(file, "utf8");
    for (const [, from = ""] of text.matchAll(
      /^(?:import|\} from|export)(?! type)[^;]*? from "(\.[^"]+)";|^\} from "(\.[^"]+)";/gmu,
    ))
      await visit(join(file, "..", from));
  };
  await visit("src/cli/main.ts");
  const outside = [...seen].filter((file) => !file.startsWith("src/cli/"));
  expect(seen).toContain("src/cli/commands/check.ts");
  expect(outside.sort()).toEqual([
    "src/base/errors.ts",
    "src/base/limits.ts",
    "src/base/version.ts",
    "src/config/problem.ts",
  ]);
});
