import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

interface LockedPackage {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

type Locked = Readonly<Record<string, LockedPackage>>;

/** Where Node would find `name` from the package at `from`: in its own node_modules, or in one further up. */
function found(locked: Locked, from: string, name: string): boolean {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")))) {
    if (`${at === "" ? "" : `${at}/`}node_modules/${name}` in locked) return true;
    if (at === "") return false;
  }
}

/** Packages that somebody depends on, for whatever platform, and that the lockfile does not have. */
function missing(locked: Locked): string[] {
  return Object.entries(locked).flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => !found(locked, path, name))
      .map((name) => `${name}, wanted by ${path}`),
  );
}

test("the lockfile is complete: npm leaves out what the registry lacked on that day, and then `npm ci` refuses", () => {
  const wanting = { "node_modules/a": { optionalDependencies: { "a-darwin": "1.0.0" } } };
  expect(missing(wanting)).toEqual(["a-darwin, wanted by node_modules/a"]);
  expect(missing({ ...wanting, "node_modules/a/node_modules/a-darwin": {} })).toEqual([]);
  const { packages } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package-lock.json"), "utf8")) as {
    packages: Locked;
  };
  expect(missing(packages)).toEqual([]);
});
