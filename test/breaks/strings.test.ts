/** Where a backslash escapes in plain strings, statements end elsewhere than the gateway reads: no such session begins. */
import { expect, test } from "vitest";
import { startTestGateway } from "../rig/gateway.ts";
import { supportDatabase } from "../rig/shared.ts";

test.each([
  ["enforce", "42501"],
  ["observe", undefined],
] as const)("standard_conforming_strings off by the database's own setting, in %s", async (mode, code) => {
  const database = await supportDatabase(18);
  await database.query(`ALTER DATABASE ${database.name} SET standard_conforming_strings = off`);
  const gateway = await startTestGateway({ database, mode });
  try {
    const refused = await gateway.client().then(
      (client) => client.end(),
      (error: { code?: string; message: string }) => error,
    );
    expect(refused?.code).toBe(code);
    if (code !== undefined) expect(refused?.message).toContain("standard_conforming_strings is off");
  } finally {
    await gateway.stop();
    await database.drop();
  }
});
