import { expect, test } from "vitest";
import { Names } from "./names.ts";

test("a failed setting is taken back to what was there before", () => {
  const names = new Names<string>();
  names.set("s", "first", 1);
  const undo = names.set("s", "second", 2);
  undo();
  expect(names.get("s")).toBe("first");
});

test("undoing does not touch what came later", () => {
  const names = new Names<string>();
  const undo = names.set("s", "first", 1);
  names.set("s", "second", 2);
  undo();
  expect(names.get("s")).toBe("second");
});

test("an older message's end clears nothing that a later one set", () => {
  const names = new Names<string>();
  names.set("old", "a", 1);
  names.set("kept", "held", 1);
  names.set("new", "b", 5);
  names.clear(3, (value) => value === "held");
  names.delete("new", 4);
  expect([names.get("old"), names.get("kept"), names.get("new")]).toEqual([undefined, "held", "b"]);
});
