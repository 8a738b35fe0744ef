import fc from "fast-check";
import { expect, test } from "vitest";
import { Relay } from "./relay.ts";

test("neighbouring runs become one slice of the buffer itself", () => {
  const relay = new Relay();
  const buffer = Buffer.from("abcdef");
  relay.keep(buffer, 0, 2);
  relay.keep(buffer, 2, 6);
  const [slice, ...others] = relay.take();
  expect(others).toEqual([]);
  expect(slice?.buffer).toBe(buffer.buffer);
  expect(slice?.toString()).toBe("abcdef");
});

/** Messages kept, dropped, shortened in place or put between, in any order: the bytes come out as on paper. */
test("property: what goes on is what was kept, in order", () => {
  const message = fc.record({
    what: fc.constantFrom("keep", "drop", "shorten", "insert"),
    length: fc.integer({ min: 1, max: 1500 }),
  });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 30 }), (messages) => {
      const buffer = Buffer.from(
        messages.map(({ length }, i) => String.fromCharCode(97 + (i % 26)).repeat(length)).join(""),
      );
      const original = Buffer.from(buffer);
      const relay = new Relay();
      let expected = "";
      let at = 0;
      for (const { what, length } of messages) {
        const end = at + length;
        if (what === "keep") {
          relay.keep(buffer, at, end);
          expected += original.toString("latin1", at, end);
        } else if (what === "shorten") {
          const place = relay.place(buffer, at);
          const half = length >> 1;
          buffer.copyWithin(place, at, at + half);
          relay.placed(place + half);
          expected += original.toString("latin1", at, at + half);
        } else if (what === "insert") {
          relay.insert(Buffer.from("+"));
          expected += "+";
        }
        at = end;
      }
      expect(Buffer.concat(relay.take()).toString("latin1")).toBe(expected);
      expect(relay.take()).toEqual([]);
    }),
  );
});
