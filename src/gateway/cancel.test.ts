import { expect, test } from "vitest";
import { CancelKeys } from "./cancel.ts";

test("only the key that was given out cancels", () => {
  const keys = new CancelKeys();
  let cancelled = 0;
  const key = keys.register(4711, () => (cancelled += 1));
  const wrong = Buffer.from(key.secret.map((byte) => byte ^ 1));
  expect(keys.cancel(4711, wrong)).toBe(false);
  expect(keys.cancel(4712, key.secret)).toBe(false);
  expect(keys.cancel(4711, Buffer.concat([key.secret, key.secret]))).toBe(false);
  expect(cancelled).toBe(0);
  expect(keys.cancel(4711, Buffer.from(key.secret))).toBe(true);
  expect(cancelled).toBe(1);
});

test("a session that has ended cannot be cancelled, nor can it end its successor of the same process id", () => {
  const keys = new CancelKeys();
  const first = keys.register(4711, () => undefined);
  const second = keys.register(4711, () => undefined);
  keys.unregister(first);
  expect(keys.cancel(4711, second.secret)).toBe(true);
  keys.unregister(second);
  expect(keys.cancel(4711, second.secret)).toBe(false);
});
