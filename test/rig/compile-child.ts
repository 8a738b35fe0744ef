/** A program for a test to kill: Node 20 does not read TypeScript. */
import { execFile } from "node:child_process";
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const PROJECT = join(import.meta.dirname, "../..");

/**
 * Compiles it, with all that it imports, into a folder of the test's own.
 * @param files paths from the project's folder: the program, then what it loads by itself
 * @returns the compiled program's path
 */
export async function compileChild(folder: string, files: readonly [string, ...string[]]): Promise<string> {
  const config = {
    extends: join(PROJECT, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      rootDir: PROJECT,
      outDir: join(folder, "js"),
      typeRoots: [join(PROJECT, "node_modules/@types")],
    },
    include: [],
    files: files.map((file) => join(PROJECT, file)),
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  await promisify(execFile)(process.execPath, [join(PROJECT, "node_modules/typescript/bin/tsc"), "-p", folder]);
  await writeFile(join(folder, "js/package.json"), '{"type":"module"}');
  await symlink(join(PROJECT, "node_modules"), join(folder, "js/node_modules"));
  return join(folder, "js", files[0].replace(/\.ts$/u, ".js"));
}
