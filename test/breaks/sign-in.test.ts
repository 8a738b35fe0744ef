/** A sign-in that takes its time: whoever is disabled in the middle of it does not get in. */
import { expect, test } from "vitest";
import { changeActor } from "../../src/actors/register.ts";
import { encodeQuery } from "../../src/wire/messages/query.ts";
import { HungUp, RawClient } from "../rig/raw-client.ts";
import { startTestGateway } from "../rig/gateway.ts";
import { supportDatabase } from "../rig/shared.ts";

test("an account that is disabled while its client answers the challenge", async () => {
  const database = await supportDatabase();
  const gateway = await startTestGateway({ database });
  try {
    const wire = await RawClient.connect(gateway);
    let sent = 0;
    wire.send = async (bytes) => {
      sent += 1;
      if (sent === 3) {
        await changeActor(gateway.config.actors.file, "alice", { disabled: true });
        await turnedAway();
      }
      wire.socket.write(bytes);
    };
    /** Until the gateway has noticed. */
    const turnedAway = async (): Promise<void> => {
      for (;;) {
        const another = await gateway.client("alice").catch(() => undefined);
        if (another === undefined) return;
        await another.end();
      }
    };
    const heard = await wire.signIn("alice", database.name).then(
      () => wire.send(encodeQuery("SELECT email FROM support.customers WHERE id = 4711")),
      (error: unknown) => error,
    );
    expect(heard).toBeInstanceOf(HungUp);
    expect(wire.last.text).toContain("disabled");
  } finally {
    await gateway.stop();
    await database.drop();
  }
});
