import { expect, test } from "vitest";
import { nameOfBytes, nameOfText, Names } from "./names.ts";

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

test("what the server has answered is apart from what is under way", () => {
  const names = new Names<string>();
  names.set("s", "first", 1);
  names.confirm("s", "first");
  names.set("s", "second", 2);
  expect(names.answered("s")).toBe("first");
  names.forget("s");
  expect([names.answered("s"), names.get("s")]).toEqual([undefined, "second"]);
});

test("names are cut and read as the server does", () => {
  expect(nameOfBytes("a".repeat(70), "UTF8")).toBe(nameOfText("a".repeat(63)));
  expect(nameOfBytes("\u00e9", "LATIN1")).toBe(nameOfText("é"));
  expect(nameOfBytes("\u00c3\u00a9", "UTF8")).toBe(nameOfText("é"));
  expect(nameOfBytes("\u00c3\u00a9", "UTF8")).not.toBe(nameOfText("Ã©"));
  expect(() => nameOfText("é".repeat(40))).toThrow("longer than 63 bytes");
});
