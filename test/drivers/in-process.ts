/** Drivers of this process, each with its workload: directly and through the gateway. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Exception, expectSame, type Place, type Places, startPlaces } from "./places.ts";

/** What stands by design, in the words of {@link Transcript}. */
const EXCEPTIONS: readonly Exception[] = [
  {
    section: "an unclassified table",
    why: "what is neither protected nor public is refused",
    direct: /^row \{ count: '\d+' \}$/mu,
    gateway: /^error the table support\.outbox is neither protected nor declared public .*code: '42501'/mu,
  },
  {
    section: "another role",
    why: "the role is the gateway's to choose",
    direct: /^tag SET null$/mu,
    gateway: /^error role cannot be changed through the gateway .*code: '42501'/mu,
  },
  {
    section: "hidden values",
    why: "stored values are hidden in errors",
    direct: /^error invalid input syntax for type integer: "\S+@/mu,
    gateway: /^error invalid input syntax for type integer: "\[hidden\]"/mu,
  },
];

/** A test that the driver sees the same in both places. @param workload does everything, and says what came of it */
export function testSameInBothPlaces(driver: string, workload: (place: Place) => Promise<string>): void {
  let places: Places;

  beforeAll(async () => {
    places = await startPlaces();
  });

  afterAll(async () => {
    await places?.stop();
  });

  test(`${driver} sees the same`, async () => {
    const [direct, through] = [await workload(places.direct), await workload(places.through)];
    expectSame(direct, through, EXCEPTIONS);
    expect(places.gateway.complaints).toEqual([]);
  }, 60_000);
}
