/** What names and directories of logs must be like. */
import { relative } from "node:path";
import type { Findings } from "./problem.ts";

/** As C2SP signed notes want a key name: not empty, without spaces and plus signs. */
export const ORIGIN = /^[^\s+\p{Cc}]{1,200}$/u;

/**
 * Who restores an old copy of one of these directories must not restore the others with it.
 * @param places names and absolute paths; a problem is told of the later of two, at the path that `pathOf` gives for its name
 */
export function checkApart(
  places: readonly (readonly [string, string])[],
  pathOf: (place: string) => string[] | undefined,
  findings: Findings,
): void {
  for (const [index, [name, dir]] of places.entries()) {
    for (const [earlier, other] of places.slice(0, index)) {
      const inner = contains(other, dir) ? name : contains(dir, other) ? earlier : undefined;
      if (inner === undefined) continue;
      const outer = inner === name ? earlier : name;
      const hint = "Give each its own directory: who can restore the one must not restore the other.";
      const innerPath = pathOf(inner);
      const outerPath = pathOf(outer);
      if (innerPath !== undefined) findings.add(innerPath, `lies in ${outer}. ${hint}`);
      else if (outerPath !== undefined) findings.add(outerPath, `contains ${inner}. ${hint}`);
    }
  }
}

function contains(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === "" || !/^\.\.(?:[/\\]|$)/u.test(way);
}
