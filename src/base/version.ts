import { createRequire } from "node:module";

/** The package's version. */
export function version(): string {
  const require = createRequire(import.meta.url);
  // The package's folder is above src/ in a checkout and above dist/src/ when built.
  for (const manifest of ["../../package.json", "../../../package.json"]) {
    try {
      const found = require(manifest) as { readonly name?: unknown; readonly version?: unknown };
      if (found.name === "whosaw" && typeof found.version === "string") return found.version;
    } catch {
      continue;
    }
  }
  return "unknown";
}
