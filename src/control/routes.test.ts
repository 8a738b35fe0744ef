import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { ask } from "../../test/faults/serving.ts";
import { createApp } from "./app.ts";
import { type Desk, deskRoutes } from "./routes.ts";

const IDLE_MS = 20;

test("an answer that takes longer than a silent client is borne arrives whole", async () => {
  const app = createApp();
  let release = (): void => undefined;
  const enough = new Promise<void>((resolve) => (release = resolve));
  async function* slow(): AsyncGenerator<string, void, undefined> {
    await enough;
    yield "item";
  }
  const unasked = (): never => {
    throw new Error("not asked here");
  };
  const desk: Desk = {
    grant: unasked,
    reload: unasked,
    whoSaw: () => Promise.resolve({ command: "who-saw", target: "t", items: slow(), tally: { opaque: 0, expired: 0 } }),
    seenBy: unasked,
    found: unasked,
    scope: unasked,
    reindex: unasked,
    expire: unasked,
    cases: unasked,
    consoleLog: () => ({ append: () => Promise.resolve({ firstIndex: 0 } as never) }),
  };
  deskRoutes(app, desk);
  await app.listen({ host: "127.0.0.1", port: 0 });
  app.server.setTimeout(IDLE_MS);
  const { port } = app.server.address() as { port: number };
  const asking = ask({ host: "127.0.0.1", port }, "POST", "/v1/who-saw", '{"by":"uid:0","kind":"customer","key":"1"}');
  asking.catch(() => undefined);
  await once(app.server, "request");
  // Whoever says nothing from now on is hung up on.
  const silent = connect(port);
  silent.resume();
  await once(silent, "close");
  release();
  expect(await asking).toMatchObject({ status: 200, text: expect.stringContaining('"item"') as string });
  await app.close();
});
