import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dateOf, type Dated } from "./dating.ts";
import { emailForms, emailOf, isMaskedEmail, masksEmail } from "./email.ts";
import { evidenceOf } from "./evidence.ts";
import { nameOf, nameSupports } from "./name.ts";
import { lastDigits, phoneDigits, phoneForms, phoneTail, samePhone } from "./phone.ts";
import { integerOf, shapesOf, uuidOf } from "./shapes.ts";

test("addresses are the same in every spelling that reaches the same mailbox", () => {
  for (const text of [
    " Ana.Silva+shop@Example.COM ",
    "mailto:ana.silva@example.com",
    '"A. Silva" <ana.silva@example.com>',
  ])
    expect(emailOf(text)).toBe("ana.silva@example.com");
  expect(emailOf("a.n.a+x@googlemail.com")).toBe("ana@gmail.com");
  for (const text of ["", "@", "a@b", "a b@example.com", "j***@example.com", "x".repeat(999)])
    expect(emailOf(text)).toBe(undefined);
});

test("masked addresses stand for those that fit", () => {
  expect(isMaskedEmail("j***@example.com")).toBe(true);
  expect(masksEmail("j***@example.com", "Joe@example.com")).toBe(true);
  expect(masksEmail("j***e@ex*****.com", "joe@example.com")).toBe(true);
  expect(masksEmail("j***@example.com", "ann@example.com")).toBe(false);
  expect(masksEmail("jo*oe@example.com", "joe@example.com")).toBe(false);
});

test("telephone numbers are the same nationally and internationally", () => {
  const same = [
    ["+351 912 345 678", "912345678"],
    ["+351 912 345 678", "00351-912-345-678"],
    ["+44 20 7946 0018", "(020) 7946 0018"],
    ["+49 30 901820", "030 901820"],
    ["+1 212 555 0123", "212.555.0123"],
  ] as const;
  for (const [a, b] of same) {
    expect([a, b, samePhone(a, b)]).toEqual([a, b, true]);
    expect(samePhone(b, a)).toBe(true);
  }
  expect(samePhone("+351 912 345 678", "+44 912 345 678")).toBe(false);
  expect(samePhone("+351 912 345 678", "912345679")).toBe(false);
  expect(lastDigits("*** 5678")).toBe("5678");
});

test("names are the same without accents, order and titles, and support no more than that", () => {
  expect(nameOf("Dr. SILVA, José")).toBe(nameOf("jose silva"));
  expect(nameSupports("José Silva", "José Manuel Silva")).toBe(true);
  expect(nameSupports("José Silva", "Maria Silva")).toBe(false);
  const field = { column: "name", class: "identity", type: "text", indexed: false, shapes: ["text"] } as const;
  expect(evidenceOf("José Silva", "Jose Silva", field)).toBe("supports");
});

test("shapes are told from half of the values", () => {
  expect(shapesOf(["a@example.com", "b@example.com", "none"])).toEqual(["email"]);
  expect(shapesOf(["912345678", "912345679"])).toEqual(["phone", "integer"]);
  expect(shapesOf(["T-1", "Ana"])).toEqual(["text"]);
  expect(integerOf("9223372036854775808")).toBe(undefined);
  expect(uuidOf("0F8FAD5BD9CB469FA16570867728950E")).toBe("0f8fad5b-d9cb-469f-a165-70867728950e");
});

test("whatever a value is, it is read or left, in little time", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.string({
      unit: fc.constantFrom("+", "(", ")", "0", "1", " ", "-", ".", "*", "@", "a", "<", ">"),
      maxLength: 400,
    }),
  );
  fc.assert(
    fc.property(text, text, (a, b) => {
      for (const shape of shapesOf([a])) expect(typeof shape).toBe("string");
      for (const form of [...emailForms(a), ...phoneForms(a)]) expect(form).not.toBe("");
      expect(samePhone(a, b)).toBe(samePhone(b, a));
      expect(nameSupports(a, b)).toBe(nameSupports(b, a));
      masksEmail(a, b);
      if (phoneDigits(a) !== undefined) expect(samePhone(a, a)).toBe(true);
      expect(phoneTail(a)?.length ?? 8).toBe(8);
    }),
    { numRuns: 150 },
  );
});

describe("dating", () => {
  const DAY = 86_400_000;
  const madeOn = 600;
  /** Rows made and changed evenly over a thousand days; some spelt wrongly all along. */
  const rows = (wrong: number): Dated[] =>
    Array.from({ length: 2_000 }, (_, i) => {
      const updated = (i * 7919) % 1_000;
      const changed = (updated > madeOn && i % 3 === 0) || (Math.imul(i, 2_654_435_761) >>> 8) % 100 < wrong;
      return { createdMs: Math.min(updated, i % madeOn) * DAY, updatedMs: updated * DAY, changed };
    });

  test.for([0, 5, 20])(
    "between the last row made and the first that differ, with %i in a hundred misspelt",
    (wrong) => {
      const { notBeforeMs, notAfterMs } = dateOf(rows(wrong));
      expect(notBeforeMs).toBeGreaterThan((madeOn - 30) * DAY);
      expect(notBeforeMs).toBeLessThanOrEqual(madeOn * DAY);
      expect(notAfterMs).toBeGreaterThanOrEqual(madeOn * DAY);
      expect(notAfterMs).toBeLessThan((madeOn + 40) * DAY);
    },
  );

  test("where nothing has a history, or all of it is noise, nothing is said of the end", () => {
    expect(dateOf([])).toEqual({ notBeforeMs: undefined, notAfterMs: undefined, basis: [] });
    const noise = rows(0).map((row, i) => ({ ...row, changed: i % 7 === 0 }));
    expect(dateOf(noise).notAfterMs).toBe(undefined);
    expect(dateOf([{ createdMs: 1, updatedMs: 5, changed: true }]).notAfterMs).toBe(undefined);
  });
});
