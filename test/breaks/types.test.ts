/** Types whose values are made by somebody's own functions, which could read protected rows and tell in a notice. */
import { expect, test } from "vitest";
import { setScene } from "../rig/scene.ts";

const LEAK = "BEGIN RAISE NOTICE 'leak %', (SELECT email FROM support.customers WHERE id = 4001); RETURN true; END";
const scene = setScene({
  prepare: `CREATE SCHEMA extra; GRANT USAGE ON SCHEMA extra TO PUBLIC;
    CREATE FUNCTION extra.leak(text) RETURNS boolean LANGUAGE plpgsql AS $$ ${LEAK} $$;
    CREATE DOMAIN extra.leaky AS text CHECK (extra.leak(VALUE)); CREATE TYPE extra.pair AS (a extra.leaky, b int)`,
});

test.each([
  ["extra.leaky", "x"],
  ["extra.leaky[]", "{x}"],
  ["extra._leaky", "{x}"],
  ["extra.pair", "(x,1)"],
])("PREPARE with a parameter of type %s", async (type, value) => {
  const client = await scene.gateway.client();
  const notices: string[] = [];
  client.on("notice", ({ message }) => notices.push(message ?? ""));
  const prepared = client.query(`PREPARE p (int, ${type}) AS SELECT $1, $2::text; EXECUTE p(1, '${value}')`);
  await expect(prepared).rejects.toMatchObject({
    code: "42501",
    message: expect.stringContaining("functions of its own"),
  });
  expect(notices).toEqual([]);
  await client.query("PREPARE q (int, text[]) AS SELECT $1, $2");
  await client.end();
});
