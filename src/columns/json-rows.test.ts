import fc from "fast-check";
import { expect, test } from "vitest";
import { WhosawError } from "../base/errors.ts";
import { rowsOf } from "./json-rows.ts";

test("rows are arrays of values in the order of the columns", () => {
  expect(rowsOf('{"b":"18446744073709551615","a":[["1",2]]}\n{"b":"x\\ny","a":[]}\n')).toEqual([
    ["18446744073709551615", [["1", 2]]],
    ["x\ny", []],
  ]);
  expect(rowsOf('["1",2]\n["x\\ny",[]]\n')).toEqual([
    ["1", 2],
    ["x\ny", []],
  ]);
  expect(rowsOf("")).toEqual([]);
});

test("an error that a server writes into its answer is an error of ours, as is anything else that is no row", () => {
  const late = '{"a":1}\nCode: 241, e.displayText() = DB::Exception: Memory limit exceeded, e.what() = DB::Exception';
  expect(() => rowsOf(late)).toThrow(expect.objectContaining({ code: "COLUMNS_FAILED" }));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      try {
        for (const row of rowsOf(text)) expect(Array.isArray(row)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(WhosawError);
      }
    }),
  );
});
