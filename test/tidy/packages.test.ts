/** What a user of the published package installs, and what only a clone needs. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { importsOf } from "./rules.ts";

const root = join(import.meta.dirname, "../..");
const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  dependencies: Readonly<Record<string, string>>;
};

/** Packages that a file looks up for the programs in them: `resolve("NAME")`. */
function resolvedIn(text: string): string[] {
  return [...text.matchAll(/\bresolve\("([@\w][^"]*)"\)/gu)].map((match) => match[1] ?? "");
}

/** Packages that the files of a folder import, tests aside. */
function packagesOf(folder: string): string[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts") && !path.includes("testing/"))
    .map((path) => readFileSync(join(root, folder, path), "utf8"))
    .flatMap((text) => [...importsOf(text), ...resolvedIn(text)])
    .filter((target) => /^[@\w]/u.test(target) && !target.startsWith("node:"))
    .map((target) => /^(?:@[^/]+\/)?[^/]+/u.exec(target)?.[0] ?? "");
  return [...new Set(names)].sort();
}

test("what src imports, and nothing else, is installed with whosaw", () => {
  expect(Object.keys(dependencies).sort()).toEqual(packagesOf("src"));
});

// The package as npm installs it: dist/ and its dependencies, without those of the demo, the tests and the benches.
const installed = mkdtempSync(join(tmpdir(), "whosaw-package-"));
afterAll(() => rmSync(installed, { recursive: true }));

function whosaw(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const main = join(installed, "dist", "src", "cli", "main.js");
  return spawnSync(process.execPath, [main, ...args], { encoding: "utf8", cwd: installed });
}

test("without the packages of a clone every command has its help, and bench says what is missing", () => {
  for (const part of ["dist", "package.json"])
    cpSync(join(root, part), join(installed, part), { recursive: true, dereference: true });
  for (const name of Object.keys(dependencies)) {
    const link = join(installed, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, "node_modules", name), link);
  }
  expect(whosaw("--help").status).toBe(0);
  const config = whosaw("check", "--offline");
  expect(config.stderr).toContain("whosaw.yaml does not exist");
  const bench = whosaw("bench", "gateway-point", "--quick");
  expect(bench.status).toBe(4);
  expect(bench.stderr).toMatch(
    /^This bench needs the package \S+, which is installed in a clone of whosaw only\.\nhint: Run it there: npm run bench -- gateway-point\.\n$/u,
  );
});
