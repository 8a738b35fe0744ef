/** What README.md and ARCHITECTURE.md say must be so. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commands } from "../../src/cli/tree.ts";
import { parseConfig } from "../../src/config/load.ts";

const root = join(import.meta.dirname, "../..");
const page = (name: string): string => readFileSync(join(root, name), "utf8");

test("README's whosaw.yaml is valid", () => {
  const block = /^ {3}```yaml\n([\s\S]*?)^ {3}```$/mu.exec(page("README.md"))?.[1] ?? "";
  const config = parseConfig(Buffer.from(block.replace(/^ {3}/gmu, "")), join(root, "whosaw.yaml"), {
    env: { GW_PASSWORD: "secret" },
    shownAs: "README.md",
  });
  expect(config.upstream.password).toBe("secret");
  expect([...config.roles.keys()]).toEqual(["agent"]);
});

test("README's commands are the commands", () => {
  const rows = page("README.md").match(/^\| `[a-z].*$/gmu) ?? [];
  const named = rows.flatMap((row) => {
    const [first = "", ...others] = [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/gu)].map(
      (match) => match[1] ?? "",
    );
    const words = (text: string): string => text.replace(/ [A-Z-].*$/u, "");
    // `actor add`, `list`, ... : the others of a group leave its name out.
    const group = first.startsWith("actor ") ? "actor " : "";
    return [words(first), ...others.map((other) => `${group}${words(other)}`)];
  });
  expect(named.toSorted()).toEqual(commands.map(({ name }) => name).toSorted());
});

test("files that ARCHITECTURE.md names exist", () => {
  const named = [...page("ARCHITECTURE.md").matchAll(/`((?:[a-z-]+\/)+[\w.-]+\.ts)`/gu)].map((match) => match[1] ?? "");
  expect(named.length).toBeGreaterThan(10);
  const missing = named.filter((path) => !existsSync(join(root, path)) && !existsSync(join(root, "src", path)));
  expect(missing).toEqual([]);
});
