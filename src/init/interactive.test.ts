/** The questions, answered key by key. */
import { PassThrough, Writable } from "node:stream";
import { expect, test } from "vitest";
import { confirmProposal } from "./interactive.ts";
import type { Proposal } from "./proposal.ts";
import { Survey } from "./survey.ts";
import { upstreamOf, withDatabase } from "./testing/database.ts";

const ENTER = "\r";
const DOWN = "\u001B[B";
const SPACE = " ";

const SQL = `
  CREATE TABLE customers (id serial PRIMARY KEY, name text, email text);
  CREATE TABLE letters (id serial PRIMARY KEY, customer_id int NOT NULL, body text);
  CREATE TABLE scribbles (id serial PRIMARY KEY, what text);
  INSERT INTO customers (name, email) VALUES ('Ada Lovelace', 'ada@example.com');
  INSERT INTO letters (customer_id, body) VALUES (1, 'a letter with some words in it');
  ANALYZE;`;

/** Sends the keys for a question once the question is on the screen. */
async function answer(
  questions: readonly (readonly [question: string, keys: readonly string[]])[],
): Promise<{ proposal: Proposal; screen: string }> {
  const input = new PassThrough();
  const left = [...questions];
  let screen = "";
  let seen = 0;
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      screen += chunk.toString("utf8");
      const next = left[0];
      if (next !== undefined && screen.slice(seen).includes(next[0])) {
        left.shift();
        seen = screen.length;
        for (const key of next[1]) setImmediate(() => input.write(key));
      }
      done();
    },
  });
  const proposal = await withDatabase(SQL, (url) =>
    Survey.run(upstreamOf(url), { catalogOnly: false, trustNames: false }, (survey) =>
      confirmProposal(survey, { input, output }),
    ),
  );
  return { proposal, screen };
}

test("subjects confirmed, a suggestion taken, a table moved; rows are shown masked", async () => {
  const { proposal, screen } = await answer([
    ["Whose data is it?", [ENTER]],
    ["Which of these keys are right?", [SPACE, ENTER]],
    ["Anything in the wrong place?", [DOWN, DOWN, DOWN, ENTER]],
    ["public.scribbles is", ["\u001B[A", ENTER]],
    ["Anything in the wrong place?", [ENTER]],
  ]);
  expect(proposal.tables.map(({ table, verdict }) => [table.name, verdict])).toEqual([
    ["public.customers", "protected"],
    ["public.letters", "protected"],
    ["public.scribbles", "public"],
  ]);
  expect(screen).toContain("a…@example.com");
  expect(screen).not.toContain("Lovelace");
  expect(screen).not.toContain("ada@");
});

test("Ctrl-C leaves everything as it was", async () => {
  await expect(answer([["Whose data is it?", ["\u0003"]]])).rejects.toThrow("Cancelled; nothing was changed.");
});
