/** YAML text to plain values, with a way back from a path to the line where it stands. */
import {
  LineCounter,
  type ErrorCode as YamlErrorCode,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  visit,
} from "yaml";
import { LIMITS } from "../base/limits.ts";
import { type Environment, interpolate } from "./environment.ts";
import type { ConfigPath, ConfigProblem, Finding } from "./problem.ts";
import { shownPath } from "./problem.ts";

export interface ConfigDocument {
  /** Plain objects, arrays and scalars, `${ENV}` replaced. */
  readonly value: unknown;
  locate(finding: Finding): ConfigProblem;
}

export type ReadResult = ConfigDocument | { readonly problems: readonly ConfigProblem[] };

const UNREADABLE = "is not readable as YAML here. Check indentation, quotes and brackets.";

const NO_ANCHOR = "this alias has no anchor above it. Write out the value.";

/** In our own words, because the parser's may quote the file, and the file may hold a secret. */
const YAML_PROBLEMS: Readonly<Partial<Record<YamlErrorCode, string>>> = {
  DUPLICATE_KEY: "this name stands twice in the same mapping. Remove one of them.",
  TAB_AS_INDENT: "a tab indents this line. Use spaces.",
  BAD_INDENT:
    "the indentation does not fit the lines above, or a bracket there is still open. Align it, or close the bracket.",
  MULTIPLE_DOCS: "a second document begins here. Keep one document in the file.",
  BAD_ALIAS: NO_ANCHOR,
  TAG_RESOLVE_FAILED: "this tag is not known. Remove the tag.",
  MISSING_CHAR: "a closing quote or bracket, or a colon or comma, is missing. Add it.",
};

/** Reads one YAML document. Never throws, whatever the text. */
export function readDocument(text: string, environment: Environment): ReadResult {
  try {
    return readUnguarded(text, environment);
  } catch (error) {
    // The parser recurses into nesting, and refuses aliases that multiply beyond measure, by exceptions of its own.
    if (error instanceof RangeError || error instanceof ReferenceError) {
      return {
        problems: [
          {
            line: 1,
            column: 1,
            path: "",
            message: "nests too deeply or repeats an alias too often. Write it flatter.",
          },
        ],
      };
    }
    throw error;
  }
}

function readUnguarded(text: string, environment: Environment): ReadResult {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };

  const faults = [...document.errors, ...document.warnings].slice(0, LIMITS.configProblemsMax);
  if (faults.length > 0) {
    return {
      problems: faults.map((fault) => ({
        ...place(fault.pos[0]),
        path: "",
        message: YAML_PROBLEMS[fault.code] ?? UNREADABLE,
      })),
    };
  }

  const problems: ConfigProblem[] = [];
  visit(document, {
    Alias(_key, node) {
      if (node.resolve(document) === undefined)
        problems.push({ ...place(node.range?.[0] ?? 0), path: "", message: NO_ANCHOR });
    },
    Scalar(key, node) {
      if (key === "key" || typeof node.value !== "string") return;
      const result = interpolate(node.value, environment);
      if ("text" in result) node.value = result.text;
      else problems.push({ ...place(node.range?.[0] ?? 0), path: "", message: result.problem });
    },
  });
  if (problems.length > 0) return { problems: problems.slice(0, LIMITS.configProblemsMax) };

  const contents = document.contents;
  return {
    value: document.toJS({ maxAliasCount: LIMITS.configAliasesMax }) ?? {},
    locate: (finding) => ({
      ...place(offsetOf(contents, finding)),
      path: shownPath(finding.path),
      message: finding.message,
    }),
  };
}

/** Offset of the name or value at the path, or of the nearest thing above it that exists. */
function offsetOf(contents: Node | null, finding: Finding): number {
  let node: Node | null = contents;
  let offset = 0;
  for (const [depth, step] of finding.path.entries()) {
    const found = child(node, step);
    if (found === undefined) break;
    const last = depth === finding.path.length - 1;
    offset = start(last && finding.at === "value" ? (found.value ?? found.key) : found.key) ?? offset;
    node = found.value;
  }
  return offset;
}

function child(node: Node | null, step: ConfigPath[number]): { key: Node | null; value: Node | null } | undefined {
  if (isSeq(node)) {
    const item = typeof step === "number" ? node.items[step] : undefined;
    return isNode(item) ? { key: item, value: item } : undefined;
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
  if (pair === undefined) return undefined;
  return {
    key: isNode(pair.key) ? pair.key : null,
    value: isNode(pair.value) && !isAlias(pair.value) ? pair.value : null,
  };
}

function start(node: Node | null): number | undefined {
  return node?.range?.[0];
}
