import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { configJsonSchema } from "./schema.ts";

test("the published JSON Schema is that of the code (npm run schema writes it)", () => {
  expect(JSON.parse(readFileSync("schema/whosaw.schema.json", "utf8"))).toEqual(configJsonSchema());
});
