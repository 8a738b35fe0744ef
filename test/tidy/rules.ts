/**
 * The house's rules that neither compiler nor linter knows. Each takes the files and returns what breaks it, one
 * sentence each. (No `any`, no default exports, `node:` before built-ins: .oxlintrc.json. Nothing unused: knip.json.)
 */
import { dirname, join } from "node:path/posix";

/** `path` from the project's root. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export type Rule = (files: readonly SourceFile[]) => string[];

/**
 * Who may import whom: a folder may import itself and what stands beside it here, in any file but tests. Imports run
 * downward: base knows nobody, the command line knows everybody, and the verifier shares nothing with the writer that
 * it checks.
 */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "src/base": [],
  "src/wire": ["src/base"],
  "src/lineage": ["src/base"],
  "src/ledger": ["src/base"],
  "src/verify": ["src/base"],
  "src/columns": ["src/base"],
  // Of the ledger only what every lock and every durable file of the product is made with.
  "src/embedded-postgres": ["src/base", "src/ledger"],
  "src/state": ["src/base", "src/embedded-postgres"],
  "src/metrics": ["src/base"],
  "src/trace": ["src/base"],
  "src/actors": ["src/base", "src/wire", "src/ledger"],
  "src/config": ["src/base", "src/lineage", "src/actors"],
  "src/gateway": ["src/base", "src/wire", "src/lineage", "src/ledger", "src/actors", "src/config", "src/metrics"],
  "src/shipping": ["src/base", "src/ledger", "src/columns", "src/config"],
  "src/asks": ["src/base", "src/ledger", "src/actors", "src/config", "src/columns", "src/shipping", "src/trace"],
  // From reports to suspects and scope.
  "src/cases": [
    "src/base",
    "src/ledger",
    "src/actors",
    "src/columns",
    "src/state",
    "src/shipping",
    "src/asks",
    "src/config",
    "src/trace",
  ],
  "src/imports": ["src/base", "src/ledger", "src/actors", "src/config", "src/columns", "src/shipping"],
  "src/init": ["src/base", "src/lineage", "src/config", "src/gateway"],
  // Reads the protected database as the control plane does, and compares with columns.
  "src/found": ["src/base", "src/lineage", "src/columns", "src/config", "src/shipping"],
  "src/control": [
    "src/found",
    "src/base",
    "src/ledger",
    "src/columns",
    "src/state",
    "src/shipping",
    "src/asks",
    "src/cases",
    "src/actors",
    "src/config",
    "src/metrics",
    "src/trace",
  ],
  "src/doctor": ["src/base", "src/lineage", "src/ledger", "src/config", "src/gateway"],
  "src/cli": [
    "src/base",
    "src/wire",
    "src/lineage",
    "src/ledger",
    "src/verify",
    "src/actors",
    "src/config",
    "src/gateway",
    "src/columns",
    "src/shipping",
    "src/imports",
    "src/asks",
    "src/trace",
    "src/cases",
    "src/state",
    "src/init",
    "src/metrics",
    "src/control",
    "src/doctor",
    "src/found",
    // `whosaw bench` and `whosaw sim` only.
    "bench",
    "sim",
  ],
  sim: ["src/*"],
  // All but the command line, which runs it.
  bench: [
    "sim",
    "src/base",
    "src/wire",
    "src/lineage",
    "src/ledger",
    "src/verify",
    "src/actors",
    "src/config",
    "src/gateway",
    "src/columns",
    "src/shipping",
    "src/found",
    "src/asks",
    "src/trace",
  ],
};

/** Tests and what only tests use. */
function isTest(path: string): boolean {
  return path.endsWith(".test.ts") || path.includes("/testing/") || path.startsWith("test/");
}

/** Paths of the imports, exports-from and dynamic imports of a file, as written. */
export function importsOf(text: string): string[] {
  const statement = /^\s*(?:import\s+|(?:import|export)\b[^;"'`=(]*?\bfrom\s*)["']([^"']+)["']/gmu;
  const dynamic = /\bimport\(\s*["']([^"']+)["']/gu;
  return [...text.matchAll(statement), ...text.matchAll(dynamic)].map((match) => match[1] ?? "");
}

function roomOf(path: string): string {
  const [top = "", second = ""] = path.split("/");
  return top === "src" ? `src/${second}` : top;
}

export const importsRunDownward: Rule = (files) =>
  files
    .filter(({ path }) => !isTest(path))
    .flatMap(({ path, text }) => {
      const room = roomOf(path);
      const allowed = MAY_IMPORT[room];
      if (allowed === undefined) return [`${path}: ${room} is not in the table of who may import whom`];
      return relativeImports(path, text).flatMap((target) => {
        if (isTest(target)) return [`${path} imports ${target}, which is for tests only`];
        const there = roomOf(target);
        const fine =
          there === room || allowed.includes(there) || (allowed.includes("src/*") && there.startsWith("src/"));
        return fine ? [] : [`${path} imports ${target}: ${room} may not import ${there}`];
      });
    });

function relativeImports(path: string, text: string): string[] {
  return importsOf(text)
    .filter((target) => target.startsWith("."))
    .map((target) => join(dirname(path), target));
}

export const importsNameTheirFile: Rule = (files) =>
  files.flatMap(({ path, text }) =>
    importsOf(text)
      .filter((target) => target.startsWith(".") && !/\.(?:ts|json)$/u.test(target))
      .map((target) => `${path} imports ${target} without its extension`),
  );

export const noBarrels: Rule = (files) =>
  files.flatMap(({ path, text }) => {
    const found =
      /^export\s+(?:type\s+)?(?:\*|\{[^}]*\})(?:\s+as\s+\w+)?\s+from\b/mu.test(text) || path.endsWith("/index.ts");
    return found ? [`${path} passes on what other files export`] : [];
  });

const VAGUE = new Set(["utils", "util", "helpers", "helper", "common", "misc", "shared-utils"]);

export const namesSayWhat: Rule = (files) =>
  files
    .filter(({ path }) => path.split("/").some((part) => VAGUE.has(part.replace(/(?:\.test)?\.\w+$/u, ""))))
    .map(({ path }) => `${path}: the name says nothing about what is inside`);

export const LINES_MAX = 500;
export const LINE_CHARACTERS_MAX = 160;

export const filesFitInAHead: Rule = (files) =>
  files
    .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > LINES_MAX)
    .map(({ path, lines }) => `${path} has ${lines} lines; ${LINES_MAX} are enough`);

/** Sentences and statements in quotes may be long: breaking them up would only make them hard to find. */
const QUOTED = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/gu;

export const linesFitOnAScreen: Rule = (files) =>
  files.flatMap(({ path, text }) =>
    text
      .split("\n")
      .map((line, index) => ({ characters: line.replace(QUOTED, "").length, number: index + 1 }))
      .filter(({ characters }) => characters > LINE_CHARACTERS_MAX)
      .map(
        ({ characters, number }) => `${path}:${number} has ${characters} characters; ${LINE_CHARACTERS_MAX} are enough`,
      ),
  );

// In brackets, or this file would find itself.
const LEFT_BEHIND = /\b(?:T[O]DO|F[I]XME|X[X]X|H[A]CK)\b/u;

export const nothingLeftBehind: Rule = (files) =>
  files
    .filter(({ text }) => LEFT_BEHIND.test(text))
    .map(({ path, text }) => `${path} says ${LEFT_BEHIND.exec(text)?.[0]}`);

/** `#name` is private when the program runs, too. A constructor cannot have one. */
export const privateIsHash: Rule = (files) =>
  files.flatMap(({ path, text }) =>
    [
      ...text.matchAll(
        /^\s+(?:private|protected) (?!constructor\b)(?:(?:static|readonly|async|get|set) )*(\w+)\s*[(:=;?!<]/gmu,
      ),
    ].map(([, name]) => `${path} has ${name} as a private member; write #${name}`),
  );

/** A limit that nobody reads bounds nothing. */
export const everyLimitIsKept: Rule = (files) => {
  const limits = files.find(({ path }) => path === "src/base/limits.ts")?.text ?? "";
  const names = [...limits.matchAll(/^ {2}(\w+):/gmu)].map((match) => match[1] ?? "");
  const readers = files.filter(({ path }) => path !== "src/base/limits.ts" && !isTest(path)).map(({ text }) => text);
  return names
    .filter((name) => !readers.some((text) => new RegExp(`\\b${name}\\b`, "u").test(text)))
    .map((name) => `LIMITS.${name} is read nowhere`);
};

/** Folders of the tree that the page does not name. @param page ARCHITECTURE.md */
export function unnamedFolders(files: readonly SourceFile[], page: string): string[] {
  const folders = new Set(files.map(({ path }) => dirname(path)));
  return [...folders]
    .filter((folder) => folder !== "." && !folder.split("/").includes("testing"))
    .filter((folder) => !new RegExp(`(?:^|[\\s/\`])${folder.split("/").at(-1)}/`, "mu").test(page))
    .map((folder) => `ARCHITECTURE.md does not name ${folder}/`);
}
