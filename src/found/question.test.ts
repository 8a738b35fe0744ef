import { expect, test } from "vitest";
import { LIMITS } from "../base/limits.ts";
import { foundLooks } from "./question.ts";

const question = { sha256: "ab".repeat(32), kind: "customer", subjects: 7 };
const ids = Array.from({ length: 130 }, (_, n) => `staff:00000000-0000-4000-8000-${String(n).padStart(12, "0")}`);

test("everybody whom an answer names is in the entries of the look, in as many as it takes", () => {
  const answer = {
    candidates: [],
    hypotheses: [{ kind: "pair", actors: ids.slice(0, 2), team: undefined, posterior: 1 }],
    decoysShownTo: ids.slice(1).map((actor) => ({ actor, decoys: 1 })),
  } as const;
  const looks = foundLooks(question, answer);
  expect(looks).toHaveLength(3);
  for (const id of ids) expect(looks.filter(({ target }) => target.includes(id))).toHaveLength(1);
  for (const { target } of looks) expect(target.length).toBeLessThan(LIMITS.controlTargetCharsMax);
  expect(foundLooks(question, { candidates: [], hypotheses: [], decoysShownTo: [] })).toMatchObject([
    { target: expect.stringMatching(/ customer:7 shown:nobody$/u) as string },
  ]);
});
