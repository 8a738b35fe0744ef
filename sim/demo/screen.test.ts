import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { Screen } from "./screen.ts";

function screen(terminal: { isTTY?: boolean; columns?: number }): { screen: Screen; shown: () => string } {
  const out = Object.assign(new PassThrough(), terminal);
  return { screen: new Screen(out), shown: () => String(out.read() ?? "") };
}

test("on a terminal the last line is written over, and never wraps", () => {
  const { screen: it, shown } = screen({ isTTY: true, columns: 10 });
  it.update("one", 10_000, 0);
  it.update("a line far too long", 10_000, 1);
  it.say("done");
  it.say("more");
  expect(shown()).toBe("\r\u001B[Kone\r\u001B[Ka line fa\r\u001B[Kdone\nmore\n");
});

test("a terminal that knows no width is taken for one of 80 columns", () => {
  const { screen: it, shown } = screen({ isTTY: true, columns: 0 });
  it.update("x".repeat(100), 0, 0);
  expect(shown()).toBe(`\r\u001B[K${"x".repeat(79)}`);
});

test("elsewhere lines stay, and come seldom", () => {
  const { screen: it, shown } = screen({});
  it.update("one", 10_000, 0);
  it.update("two", 10_000, 9_999);
  it.update("three", 10_000, 10_000);
  it.say("done");
  it.update("four", 10_000, 10_001);
  expect(shown()).toBe("one\nthree\ndone\nfour\n");
});
