import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { configReference } from "./reference.ts";
import { configJsonSchema } from "./schema.ts";

test("the published JSON Schema is that of the code (npm run schema writes it)", () => {
  expect(JSON.parse(readFileSync("schema/whosaw.schema.json", "utf8"))).toEqual(configJsonSchema());
});

test("so is the reference for people", () => {
  expect(readFileSync("docs/configuration.md", "utf8")).toBe(configReference());
});

test("every setting of the reference says what it is, or is one of a choice that does", () => {
  const rows = [...configReference().matchAll(/^\| `([^`]+)` \| [^|]* \| (.*) \| .* \|$/gmu)];
  expect(rows.length).toBeGreaterThan(30);
  expect(rows.filter(([, , description]) => description === "").map(([, path]) => path)).toEqual([]);
});
