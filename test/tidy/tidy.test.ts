import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  everyLimitIsKept,
  filesFitInAHead,
  importsNameTheirFile,
  importsOf,
  importsRunDownward,
  LINE_CHARACTERS_MAX,
  LINES_MAX,
  linesFitOnAScreen,
  namesSayWhat,
  noBarrels,
  nothingLeftBehind,
  privateIsHash,
  type Rule,
  type SourceFile,
  unnamedFolders,
} from "./rules.ts";

const root = join(import.meta.dirname, "../..");
const house: SourceFile[] = ["src", "sim", "bench", "test"].flatMap((top) =>
  readdirSync(join(root, top), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: path.slice(root.length + 1), text: readFileSync(path, "utf8") })),
);

/** Each rule with a file that breaks it: a rule that finds nothing there would find nothing anywhere. */
const rules: readonly [string, Rule, SourceFile][] = [
  ["imports run downward", importsRunDownward, { path: "src/wire/x.ts", text: 'import { y } from "../ledger/y.ts";' }],
  ["nobody imports tests", importsRunDownward, { path: "src/wire/x.ts", text: 'import { y } from "./testing/y.ts";' }],
  [
    "the verifier shares nothing with the writer",
    importsRunDownward,
    { path: "src/verify/x.ts", text: 'await import("../ledger/tree.ts");' },
  ],
  ["imports name their file", importsNameTheirFile, { path: "src/base/x.ts", text: 'import "./y";' }],
  ["no barrels", noBarrels, { path: "src/base/x.ts", text: 'export { y } from "./y.ts";' }],
  ["names say what", namesSayWhat, { path: "src/base/utils.ts", text: "" }],
  ["files fit in a head", filesFitInAHead, { path: "src/base/x.ts", text: "\n".repeat(LINES_MAX + 1) }],
  ["lines fit on a screen", linesFitOnAScreen, { path: "src/base/x.ts", text: "x".repeat(LINE_CHARACTERS_MAX + 1) }],
  ["nothing left behind", nothingLeftBehind, { path: "src/base/x.ts", text: "// T\u004fDO: later" }],
  ["what is private has a #", privateIsHash, { path: "src/base/x.ts", text: "class X {\n  private y = 1;\n}" }],
  [
    "every limit is kept",
    everyLimitIsKept,
    { path: "src/base/limits.ts", text: "export const LIMITS = {\n  unusedMax: 1,\n};" },
  ],
];

describe("the house", () => {
  test.each(rules)("%s", (_, rule, breaker) => {
    expect(rule([breaker])).toHaveLength(1);
    expect(rule(house)).toEqual([]);
  });

  test("every folder is named in ARCHITECTURE.md", () => {
    const page = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
    expect(unnamedFolders([{ path: "src/attic/x.ts", text: "" }], page)).toHaveLength(1);
    expect(unnamedFolders(house, page)).toEqual([]);
  });
});

test("every way to import is seen", () => {
  const text = `import a from "1";
    import type { b } from '2';
    import {
      c,
    } from "3";
    import "4";
    export { d } from "5";
    const e = await import("6");
    const text = 'not imported from "7"';`;
  expect(importsOf(text).toSorted()).toEqual(["1", "2", "3", "4", "5", "6"]);
});
