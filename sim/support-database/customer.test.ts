import { expect, test } from "vitest";
import { inventCustomer } from "./customer.ts";
import { FIRST_CUSTOMER } from "./first-customer.ts";

test("a few customers account for much of all contacts, and many for none", () => {
  const contacts = Array.from({ length: 20_000 }, (_, n) => inventCustomer(FIRST_CUSTOMER + n, 3).contacts);
  contacts.sort((a, b) => b - a);
  const sum = (some: readonly number[]): number => some.reduce((total, one) => total + one, 0);
  expect(sum(contacts.slice(0, 200)) / sum(contacts)).toBeGreaterThan(0.1);
  expect(contacts.filter((one) => one === 0).length / contacts.length).toBeCloseTo(0.5, 1);
});

test("customers come from several countries, and have their names and languages", () => {
  const customers = Array.from({ length: 2_000 }, (_, n) => inventCustomer(FIRST_CUSTOMER + n, 3));
  expect(new Set(customers.map(({ country }) => country)).size).toBeGreaterThanOrEqual(8);
  expect(customers.some(({ name, language }) => language === "ja" && /\p{Script=Han}/u.test(name))).toBe(true);
  expect(customers.some(({ email }) => !/^[a-z.]+\.\d+@example\.(?:com|net|org)$/u.test(email))).toBe(false);
});
