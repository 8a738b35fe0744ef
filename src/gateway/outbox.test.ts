import fc from "fast-check";
import { expect, test } from "vitest";
import { Receipt } from "../ledger/ledger.ts";
import { Outbox } from "./outbox.ts";
import { alwaysLeased } from "./testing/always-leased.ts";

const receipt = (): Receipt => Receipt.issue("test", 0, 0);

function outbox(): { box: Outbox; sent: () => string } {
  let sent = "";
  const box = new Outbox({
    write: (pieces) => (sent += Buffer.concat(pieces).toString()),
    withheld: () => expect.unreachable(),
  });
  return { box, sent: () => sent };
}

test("bytes that depend on nothing leave at once", () => {
  const { box, sent } = outbox();
  box.send(Buffer.from("a"));
  expect(sent()).toBe("a");
});

test("held bytes wait for a receipt, and what is behind them waits too", () => {
  const { box, sent } = outbox();
  box.hold(Buffer.from("a"));
  box.send(Buffer.from("b"));
  expect(sent()).toBe("");
  box.cover(true);
  expect(sent()).toBe("");
  box.release(receipt(), alwaysLeased);
  expect(sent()).toBe("ab");
  expect(box.heldBytes).toBe(0);
});

test("a receipt releases only what its drain covered", () => {
  const { box, sent } = outbox();
  box.hold(Buffer.from("a"));
  box.cover(true);
  box.hold(Buffer.from("b"));
  box.release(receipt(), alwaysLeased);
  expect(sent()).toBe("a");
  box.cover(true);
  box.release(receipt(), alwaysLeased);
  expect(sent()).toBe("ab");
});

test("what was discarded never leaves", () => {
  const { box, sent } = outbox();
  box.hold(Buffer.from("a"));
  box.discard();
  box.send(Buffer.from("b"));
  expect(sent()).toBe("b");
});

/** Any interleaving: nothing held leaves before a drain that came after it was released, and order is kept. */
test("property: order is kept, and no held byte leaves before its receipt", () => {
  const steps = fc.array(fc.constantFrom("send", "hold", "cover", "release"), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (plan) => {
      const { box, sent } = outbox();
      let queued = "";
      let next = 0;
      /** How much of `queued` each outstanding drain proves, and how much is proved so far. */
      const drains: number[] = [];
      let needs = 0;
      let proved = 0;
      for (const step of plan) {
        if (step === "send" || step === "hold") {
          const byte = String.fromCharCode(97 + (next++ % 26));
          queued += byte;
          if (step === "hold") {
            box.hold(Buffer.from(byte));
            needs = queued.length;
          } else {
            box.send(Buffer.from(byte));
          }
        } else if (step === "cover" && needs > (drains.at(-1) ?? proved)) {
          box.cover(true);
          drains.push(queued.length);
        } else if (step === "release" && drains.length > 0) {
          box.release(receipt(), alwaysLeased);
          proved = drains.shift() ?? proved;
        }
        expect(queued.startsWith(sent())).toBe(true);
        if (needs > proved) expect(sent().length).toBeLessThan(needs);
      }
    }),
  );
});
