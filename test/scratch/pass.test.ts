import { vi, test, expect } from "vitest";
import { supportDatabase } from "../rig/shared.ts";
import { startTestGateway } from "../rig/gateway.ts";
vi.mock("../../src/lineage/create-planner.ts", () => ({
  createPlanner: async () => ({
    plan: (text: string) => ({
      text,
      statements: [{ treatment: { kind: "pass" }, effects: [], normalizedText: text, fingerprint: "" }],
      refusal: undefined,
      edits: [],
      originalPosition: (p: number) => p,
    }),
  }),
}));
vi.mock("../../src/lineage/errors/rebuild.ts", () => ({ rebuildError: (f: unknown) => f }));
test("passes", async () => {
  const database = await supportDatabase(15);
  const gateway = await startTestGateway({ database });
  try {
    const client = await gateway.client();
    const r = await client.query("select id, name from support.customers where id = $1", [4711]);
    console.log(r.rows, ((await client.query("select 1 as a; select 2 as b")) as any).length);
    await expect(client.query("select nope")).rejects.toThrow(/column "nope"/);
    const big = await client.query("select generate_series(1,100000) a, repeat('x', 100) b");
    expect(big.rows.length).toBe(100000);
    await client.end();
  } finally {
    console.log(gateway.complaints);
    await gateway.stop();
    await database.drop();
  }
});
