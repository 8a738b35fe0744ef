import { expect, test } from "vitest";
import { alternate, middle } from "./rounds.ts";

const WAYS = [{ name: "direct" }, { name: "whosaw" }];

test("every way has its turn in every round, and the median is of the rounds", async () => {
  const said: string[] = [];
  let turn = 0;
  const options = { label: "8 clients", rounds: 3, quick: false, progress: (text: string) => void said.push(text) };
  const samples = await alternate(WAYS, options, () => Promise.resolve({ turn: ++turn, even: undefined }));
  expect(said.slice(0, 3)).toEqual([
    "8 clients, direct, round 1 of 3",
    "8 clients, whosaw, round 1 of 3",
    "8 clients, direct, round 2 of 3",
  ]);
  expect([...samples.values()].map((list) => list.map((sample) => sample.turn))).toEqual([
    [1, 3, 5],
    [2, 4, 6],
  ]);
  expect(middle(samples, "whosaw", (sample) => sample.turn)).toBe(4);
  expect(middle(samples, "whosaw", (sample) => sample.even)).toBeUndefined();
});

test("a quick run has one round", async () => {
  const samples = await alternate(WAYS, { label: "", rounds: 3, quick: true, progress: () => {} }, () =>
    Promise.resolve(1),
  );
  expect([...samples.values()]).toEqual([[1], [1]]);
});
