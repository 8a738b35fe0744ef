import fc from "fast-check";
import { expect, test } from "vitest";
import { LIMITS } from "../base/limits.ts";
import { ControlLease, type LeaseWaiter } from "./lease.ts";
import { parseGrant } from "./lease-client.ts";

/** A lease on a clock that the test moves on. */
class Stage {
  nowMs = 0;
  readonly recorded: boolean[] = [];
  readonly lease: ControlLease;
  #timers: { atMs: number; callback: () => void }[] = [];

  constructor({ graceMs = 1_000, continueUnleased = false } = {}) {
    this.lease = new ControlLease({
      graceMs,
      continueUnleased,
      monotonicMs: () => this.nowMs,
      schedule: (delayMs, callback) => {
        const timer = { atMs: this.nowMs + delayMs, callback };
        this.#timers.push(timer);
        return () => {
          this.#timers = this.#timers.filter((other) => other !== timer);
        };
      },
      onUnleased: (unleased) => {
        this.recorded.push(unleased);
        return Promise.resolve();
      },
    });
  }

  /** How many calls were due by then is bounded: a timer that comes back at once for ever fails the test. */
  async goTo(nowMs: number): Promise<void> {
    this.nowMs = nowMs;
    for (let calls = 0; calls < 10; calls++) {
      const due = this.#timers.find(({ atMs }) => atMs <= nowMs);
      if (due === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      due.callback();
    }
    await Promise.resolve();
    await Promise.resolve();
  }

  waiter(): LeaseWaiter & { settled: number } {
    const waiter = { settled: 0, leaseSettled: () => void waiter.settled++ };
    this.lease.wait(waiter);
    return waiter;
  }
}

test("a lease holds from when it was asked for, and no longer", () => {
  const stage = new Stage();
  expect(stage.lease.held).toBe(false);
  stage.nowMs = 400;
  stage.lease.grant(100, 900);
  expect(stage.lease.held).toBe(true);
  stage.nowMs = 999;
  expect(stage.lease.held).toBe(true);
  stage.nowMs = 1_000;
  expect(stage.lease.held).toBe(false);
});

test("an answer that comes too late grants nothing", () => {
  const stage = new Stage();
  const waiter = stage.waiter();
  stage.nowMs = 950;
  stage.lease.grant(0, 900);
  expect(stage.lease.held).toBe(false);
  expect(waiter.settled).toBe(0);
});

test("an older answer takes nothing back", () => {
  const stage = new Stage();
  stage.lease.grant(0, 900);
  stage.lease.grant(0, 0);
  expect(stage.lease.held).toBe(true);
});

test("who waits is told when the lease comes, once", async () => {
  const stage = new Stage();
  const waiter = stage.waiter();
  await stage.goTo(500);
  expect(waiter.settled).toBe(0);
  stage.lease.grant(500, 900);
  expect(waiter.settled).toBe(1);
  stage.lease.grant(600, 900);
  expect(waiter.settled).toBe(1);
});

test("who waits is told when the grace is over, counted from the loss of the lease; from then on there is no waiting", async () => {
  const stage = new Stage({ graceMs: 1_000 });
  stage.lease.grant(0, 900);
  await stage.goTo(1_000);
  const waiter = stage.waiter();
  await stage.goTo(1_899);
  expect([waiter.settled, stage.lease.refusal]).toEqual([0, undefined]);
  await stage.goTo(1_900);
  expect(waiter.settled).toBe(1);
  expect(stage.lease.refusal).toMatchObject({ code: "NO_LEASE", sqlstate: "57P03" });
  stage.lease.grant(1_900, 900);
  expect([stage.lease.held, stage.lease.refusal]).toEqual([true, undefined]);
});

test("a lease that was renewed while somebody waits for the next one moves the end of the grace", async () => {
  const stage = new Stage({ graceMs: 1_000 });
  const waiter = stage.waiter();
  stage.lease.grant(0, 100);
  expect(waiter.settled).toBe(1);
  await stage.goTo(200);
  const second = stage.waiter();
  await stage.goTo(1_099);
  expect(second.settled).toBe(0);
  await stage.goTo(1_100);
  expect(second.settled).toBe(1);
});

test("who has gone is told nothing", async () => {
  const stage = new Stage();
  const waiter = stage.waiter();
  stage.lease.forget(waiter);
  await stage.goTo(5_000);
  stage.lease.grant(5_000, 900);
  expect(waiter.settled).toBe(0);
});

test("continue-unleased passes rows after the grace, on record before the first and after the last", async () => {
  const stage = new Stage({ graceMs: 1_000, continueUnleased: true });
  const waiter = stage.waiter();
  await stage.goTo(999);
  expect([stage.lease.held, stage.recorded]).toEqual([false, []]);
  await stage.goTo(1_000);
  expect([stage.lease.held, stage.recorded, waiter.settled]).toEqual([true, [true], 1]);
  stage.lease.grant(1_000, 900);
  expect(stage.recorded).toEqual([true, false]);
  await stage.goTo(1_901);
  expect(stage.lease.held).toBe(false);
});

test("without a grant within the length of a lease nothing is held, whatever came before", async () => {
  const step = fc.record({ afterMs: fc.integer({ min: 0, max: 2_000 }), lateMs: fc.integer({ min: 0, max: 2_000 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.integer({ min: 0, max: 3_000 }), async (steps, restMs) => {
      const stage = new Stage();
      let lastAskedMs = Number.NEGATIVE_INFINITY;
      for (const { afterMs, lateMs } of steps) {
        await stage.goTo(stage.nowMs + afterMs);
        const askedMs = Math.max(0, stage.nowMs - lateMs);
        stage.lease.grant(askedMs, LIMITS.leaseMs);
        lastAskedMs = Math.max(lastAskedMs, askedMs);
        stage.waiter();
      }
      await stage.goTo(stage.nowMs + restMs);
      expect(stage.lease.held).toBe(stage.nowMs < lastAskedMs + LIMITS.leaseMs);
    }),
  );
});

test("whatever answers at the socket, a grant is a grant or a coded error", () => {
  expect(parseGrant('{"leaseMs":900,"reload":0}')).toEqual({ leaseMs: 900, reload: 0 });
  const answers = fc.oneof(
    fc.string(),
    fc.json(),
    fc.record({ leaseMs: fc.double(), reload: fc.double() }).map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(answers, (text) => {
      try {
        const { leaseMs, reload } = parseGrant(text);
        expect(leaseMs >= 0 && leaseMs <= LIMITS.leaseMs && Number.isSafeInteger(reload)).toBe(true);
      } catch (error) {
        expect(error).toMatchObject({ code: "CONTROL_UNREACHABLE" });
      }
    }),
  );
});
