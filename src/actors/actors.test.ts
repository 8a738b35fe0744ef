import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WhosawError } from "../base/errors.ts";
import { type ProcessIdentity, systemProcesses } from "../ledger/lock.ts";
import type { ActorSnapshot } from "./actor.ts";
import { withLock } from "./lock.ts";
import { addActor, changeActor, nameProblem, parseRegister, readRegister } from "./register.ts";
import { ActorStore } from "./store.ts";

const KEY = Buffer.alloc(32, 7).toString("base64");
const VERIFIER = `SCRAM-SHA-256$4096:${Buffer.alloc(16, 9).toString("base64")}$${KEY}:${KEY}`;
const UUID = "123e4567-e89b-42d3-a456-426614174000";

let folder: string;
let file: string;
const stores: ActorStore[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "whosaw-actors-"));
  file = join(folder, "actors.json");
});

afterEach(async () => {
  for (const store of stores.splice(0)) store.close();
  await rm(folder, { recursive: true });
});

async function openStore(options: Parameters<typeof ActorStore.open>[1] = {}): Promise<ActorStore> {
  const store = await ActorStore.open(file, options);
  stores.push(store);
  return store;
}

function nextChange(store: ActorStore): Promise<ActorSnapshot> {
  return new Promise((resolve) => {
    const stop = store.onChange((snapshot) => {
      stop();
      resolve(snapshot);
    });
  });
}

const alice = { name: "alice", role: "agent", service: false, verifier: VERIFIER };

/** A lock's content: of this process, but for what is given. */
function holder(other: Partial<ProcessIdentity>): ProcessIdentity {
  return { ...systemProcesses().self, ...other };
}

/** A process that is certainly gone. */
function deadPid(): number {
  return spawnSync(process.execPath, ["-e", ""]).pid;
}

test("who is added is found by name and id, for its owner's eyes only", async () => {
  const person = await addActor(file, alice);
  const program = await addActor(file, { name: "helpdesk", role: "app", service: true, verifier: undefined });
  expect(person.id).toMatch(/^staff:[0-9a-f-]{36}$/u);
  expect(program.id).toBe("svc:helpdesk");
  const register = await readRegister(file);
  expect(register.all).toEqual([person, program]);
  expect(register.byName("alice")).toEqual(person);
  expect(register.byId("svc:helpdesk")).toEqual(program);
  expect(register.byName("Alice")).toBeUndefined();
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(["actors.json"]);
});

test("a name is taken once, also by a disabled actor", async () => {
  await addActor(file, alice);
  await changeActor(file, "alice", { disabled: true });
  await expect(addActor(file, alice)).rejects.toMatchObject({ code: "ACTOR_EXISTS" });
  expect((await changeActor(file, "alice", { disabled: false })).disabled).toBe(false);
  await expect(changeActor(file, "bob", { disabled: true })).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("names as PostgreSQL's: 63 bytes of UTF-8", async () => {
  expect(nameProblem("é".repeat(31))).toBeUndefined();
  expect(nameProblem("é".repeat(32))).toMatch(/63 bytes/u);
  expect(nameProblem("")).toBeDefined();
  expect(nameProblem("a\nb")).toMatch(/control/u);
  await expect(addActor(file, { ...alice, name: "" })).rejects.toMatchObject({ code: "USAGE" });
});

test("twenty writers at once: everybody is in the register", async () => {
  const names = Array.from({ length: 20 }, (_, index) => `agent${index}`);
  await Promise.all(names.map((name) => addActor(file, { ...alice, name })));
  expect((await readRegister(file)).all.map(({ name }) => name).sort()).toEqual(names.sort());
  expect(await readdir(folder)).toEqual(["actors.json"]);
});

test("the lock of a process that died is broken, once for many who wait", async () => {
  await writeFile(`${file}.lock`, JSON.stringify(holder({ pid: deadPid() })));
  await Promise.all(["a", "b", "c"].map((name) => addActor(file, { ...alice, name })));
  expect((await readRegister(file)).all).toHaveLength(3);
  expect(await readdir(folder)).toEqual(["actors.json"]);
});

test.each<[string, () => string, RegExp, RegExp]>([
  [
    "another machine",
    () => JSON.stringify(holder({ boot: "b", host: "elsewhere" })),
    /another machine \(host name elsewhere\)/u,
    /remove \S+actors\.json\.lock\.$/u,
  ],
  [
    "another container",
    () => JSON.stringify(holder({ pidns: "pid:[1]" })),
    /another container of this machine/u,
    /remove \S+actors\.json\.lock\.$/u,
  ],
  ["a running process", () => JSON.stringify(systemProcesses().self), /held by process \d+\.$/u, /wait/u],
  ["somebody unknown", () => "", /says nothing of who holds it/u, /remove \S+actors\.json\.lock\.$/u],
])("the lock is kept of %s, and the error says what to do", async (_name, content, message, hint) => {
  await writeFile(`${file}.lock`, content());
  await expect(withLock(file, () => Promise.reject(new Error("not reached")), 0)).rejects.toMatchObject({
    code: "ACTORS_LOCKED",
    message: expect.stringMatching(message) as string,
    hint: expect.stringMatching(hint) as string,
  });
  expect(await readdir(folder)).toEqual(["actors.json.lock"]);
});

test("a folder that is missing is made; one that cannot be is told", async () => {
  await addActor(join(folder, "deep", "er", "actors.json"), alice);
  await writeFile(join(folder, "plain"), "");
  await expect(addActor(join(folder, "plain", "actors.json"), alice)).rejects.toMatchObject({
    code: "FILE_UNWRITABLE",
  });
});

test("a store follows the file", async () => {
  const store = await openStore({ pollMs: 5 });
  expect(store.current().all).toEqual([]);
  const added = nextChange(store);
  await addActor(file, alice);
  expect((await added).byName("alice")?.disabled).toBe(false);
  const disabled = nextChange(store);
  await changeActor(file, "alice", { disabled: true });
  expect((await disabled).byName("alice")?.disabled).toBe(true);
  expect(store.current().byName("alice")?.disabled).toBe(true);
});

test("a store that is told to reload is up to date at once", async () => {
  const store = await openStore({ pollMs: 3_600_000 });
  await addActor(file, alice);
  expect(store.current().byName("alice")).toBeUndefined();
  await store.reload();
  expect(store.current().byName("alice")).toBeDefined();
});

test("a register that went bad is told once, and the last good one stays in force", async () => {
  await addActor(file, alice);
  const errors: unknown[] = [];
  let told: (() => void) | undefined;
  const firstError = new Promise<void>((resolve) => (told = resolve));
  const store = await openStore({
    pollMs: 5,
    onError: (error) => {
      errors.push(error);
      told?.();
    },
  });
  await writeFile(file, "{");
  await firstError;
  expect(store.current().byName("alice")).toBeDefined();
  await expect(store.reload()).rejects.toMatchObject({ code: "ACTORS_INVALID" });
  await rm(file);
  const repaired = nextChange(store);
  await repaired;
  expect(store.current().all).toEqual([]);
  expect(errors).toHaveLength(1);
});

const GOOD = {
  format: 1,
  actors: [{ id: `staff:${UUID}`, name: "alice", role: "agent", verifier: VERIFIER, disabled: false }],
};
const ONE = GOOD.actors[0]!;

test.each([
  ["not JSON", "{", "is not JSON"],
  ["another format", JSON.stringify({ ...GOOD, format: 2 }), "wrong value at format"],
  ["an id of no kind", JSON.stringify({ ...GOOD, actors: [{ ...ONE, id: "root" }] }), "wrong value at actors.0"],
  [
    "a service id of another name",
    JSON.stringify({ ...GOOD, actors: [{ ...ONE, id: "svc:bob" }] }),
    "wrong value at actors.0",
  ],
  [
    "a plain password",
    JSON.stringify({ ...GOOD, actors: [{ ...ONE, verifier: "secret" }] }),
    "wrong value at actors.0.verifier",
  ],
  [
    "a name twice",
    JSON.stringify({ ...GOOD, actors: [ONE, { ...ONE, id: `staff:${UUID.replace("1", "2")}` }] }),
    "names an actor twice",
  ],
  ["an id twice", JSON.stringify({ ...GOOD, actors: [ONE, { ...ONE, name: "bob" }] }), "names an actor twice"],
])("%s is refused", (_name, text, message) => {
  expect(parseRegister(Buffer.from(JSON.stringify(GOOD)), file).all).toHaveLength(1);
  expect(() => parseRegister(Buffer.from(text), file)).toThrow(message);
});

test("any bytes and any JSON: a register or ACTORS_INVALID", () => {
  const survives = (bytes: Uint8Array): void => {
    try {
      parseRegister(bytes, file);
    } catch (error) {
      expect(error).toBeInstanceOf(WhosawError);
      expect(error).toMatchObject({ code: "ACTORS_INVALID" });
    }
  };
  fc.assert(fc.property(fc.uint8Array(), survives));
  fc.assert(fc.property(fc.jsonValue(), (value) => survives(Buffer.from(JSON.stringify(value)))));
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(ONE)), fc.jsonValue(), (key, value) =>
      survives(Buffer.from(JSON.stringify({ ...GOOD, actors: [{ ...ONE, [key]: value }] }))),
    ),
  );
});

test("the file is whole at every moment, seen by a reader who never waits", async () => {
  await addActor(file, alice);
  const reading = { wanted: true, count: 0 };
  const reader = (async () => {
    while (reading.wanted) {
      expect(parseRegister(await readFile(file), file).byName("alice")).toBeDefined();
      reading.count++;
    }
  })();
  for (let index = 0; index < 15; index++) await addActor(file, { ...alice, name: `agent${index}` });
  reading.wanted = false;
  await reader;
  expect(reading.count).toBeGreaterThan(0);
});
