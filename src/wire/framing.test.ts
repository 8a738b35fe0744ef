import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LIMITS } from "../base/limits.ts";
import { MessageReader, type MessageReaderOptions } from "./framing.ts";

const VIOLATION = expect.objectContaining({ code: "PROTOCOL_VIOLATION" });

function message(type: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(5 + payload.length);
  bytes[0] = type;
  bytes.writeInt32BE(payload.length + 4, 1);
  bytes.set(payload, 5);
  return bytes;
}

interface Seen {
  type: number;
  bytes: string;
  fragments: number;
}

/** Reads everything, putting fragments together and checking the flags on the way. */
function readAll(chunks: readonly Buffer[], options: MessageReaderOptions, pushAllFirst = false): Seen[] {
  const reader = new MessageReader(options);
  const seen: Seen[] = [];
  let parts: Buffer[] = [];
  const drain = (): void => {
    while (reader.next()) {
      expect(reader.first).toBe(parts.length === 0);
      expect(reader.payload).toBe(reader.first ? reader.start + 5 : reader.start);
      expect(reader.whole).toBe(reader.first && reader.last);
      parts.push(Buffer.from(reader.buffer.subarray(reader.start, reader.end)));
      if (!reader.last) continue;
      seen.push({ type: reader.type, bytes: Buffer.concat(parts).toString("hex"), fragments: parts.length });
      parts = [];
    }
  };
  for (const chunk of chunks) {
    reader.push(chunk);
    if (!pushAllFirst) drain();
  }
  drain();
  expect(reader.pending).toBe(0);
  expect(reader.idle).toBe(true);
  return seen;
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const positions = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  return positions.slice(1).map((to, i) => bytes.subarray(positions[i], to));
}

const messages = fc.array(fc.tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 40 })), {
  maxLength: 8,
});

describe("chunk boundaries", () => {
  test("anywhere give the same messages", () => {
    fc.assert(
      fc.property(messages, fc.array(fc.nat(400)), fc.boolean(), fc.boolean(), (list, cuts, fragmented, first) => {
        const encoded = list.map(([type, payload]) => message(type, payload));
        const bytes = Buffer.concat(encoded);
        const chunks = cutAt(
          bytes,
          cuts.map((cut) => Math.min(cut, bytes.length)),
        );
        const odd = (type: number): boolean => fragmented && type % 2 === 1;
        const seen = readAll(chunks, { maxBytes: 40, fragmented: odd }, first);
        expect(seen.map(({ type, bytes: hex }) => [type, hex])).toEqual(
          encoded.map((one, i) => [list[i]![0], one.toString("hex")]),
        );
        for (const { type, fragments } of seen) if (!odd(type)) expect(fragments).toBe(1);
      }),
    );
  });

  test("at every position, one cut and byte by byte", () => {
    const bytes = Buffer.concat([
      message(68, Buffer.from("abcdef")),
      message(90, Buffer.alloc(0)),
      message(100, Buffer.from("x")),
    ]);
    const whole = readAll([bytes], { maxBytes: 100 });
    expect(whole).toHaveLength(3);
    for (let cut = 0; cut <= bytes.length; cut++)
      expect(readAll(cutAt(bytes, [cut]), { maxBytes: 100 })).toEqual(whole);
    const single = readAll(
      Array.from(bytes, (byte) => Buffer.of(byte)),
      { maxBytes: 100 },
    );
    expect(single).toEqual(whole);
  });

  test("a message that lies whole in a chunk is delivered in place", () => {
    const chunk = Buffer.concat([message(68, Buffer.from("abc")), message(69, Buffer.from("de"))]);
    const reader = new MessageReader({ maxBytes: 10 });
    reader.push(chunk);
    expect(reader.next()).toBe(true);
    expect([reader.buffer === chunk, reader.start, reader.payload, reader.end]).toEqual([true, 0, 5, 8]);
    expect(reader.next()).toBe(true);
    expect([reader.buffer === chunk, reader.start, reader.payload, reader.end]).toEqual([true, 8, 13, 15]);
    expect(reader.next()).toBe(false);
  });

  test("a message far over the preallocation arrives whole", () => {
    const payload = Buffer.alloc(3 * LIMITS.messagePreallocateBytesMax + 17, "whosaw");
    const bytes = message(68, payload);
    const cuts = Array.from({ length: Math.floor(bytes.length / 65_536) }, (_, i) => (i + 1) * 65_536);
    const reader = new MessageReader({ maxBytes: bytes.length });
    let delivered = 0;
    for (const chunk of cutAt(bytes, cuts)) {
      reader.push(chunk);
      while (reader.next()) {
        delivered++;
        expect(reader.buffer.subarray(reader.start, reader.end).equals(bytes)).toBe(true);
      }
    }
    expect(delivered).toBe(1);
  });

  test("fragments are handed on as they come, and the choice is made anew for each message", () => {
    let fragmented = true;
    const reader = new MessageReader({ maxBytes: 10, fragmented: () => fragmented });
    const long = message(68, Buffer.alloc(100));
    reader.push(long.subarray(0, 50));
    expect(reader.next()).toBe(true);
    expect([reader.first, reader.last, reader.end - reader.start]).toEqual([true, false, 50]);
    expect(reader.next()).toBe(false);
    expect(reader.idle).toBe(false);
    fragmented = false;
    reader.push(long.subarray(50));
    expect(reader.next()).toBe(true);
    expect([reader.first, reader.last]).toEqual([false, true]);
    reader.push(long.subarray(0, 50));
    expect(() => reader.next()).toThrow(VIOLATION);
  });

  test("what was not delivered can be taken out", () => {
    const bytes = Buffer.concat([message(83, Buffer.alloc(0)), Buffer.from("1234567890")]);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const reader = new MessageReader({ maxBytes: 1 << 30 });
      const [head, tail] = [bytes.subarray(0, cut), bytes.subarray(cut)];
      reader.push(head);
      reader.push(tail);
      expect(reader.next()).toBe(true);
      expect(reader.takeRest().toString()).toBe("1234567890");
      expect(reader.pending).toBe(0);
    }
  });
});

describe("lengths", () => {
  test.each([-0x80000000, -5, -1, 0, 1, 2, 3, 0x7fffffff, 105])(
    "%i is refused, however it is cut, again and again",
    (length) => {
      const bytes = message(68, Buffer.alloc(20));
      bytes.writeInt32BE(length, 1);
      for (let cut = 0; cut <= 6; cut++) {
        const reader = new MessageReader({ maxBytes: (type) => (type === 68 ? 100 : 0) });
        const run = (): void => {
          for (const chunk of cutAt(bytes, [cut])) {
            reader.push(chunk);
            while (reader.next()) expect.unreachable("delivered");
          }
        };
        expect(run).toThrow(VIOLATION);
        expect(() => reader.next()).toThrow(VIOLATION);
      }
    },
  );

  test("a length is a claim: nothing is allocated on its word", () => {
    const before = process.memoryUsage().arrayBuffers;
    const header = message(68, Buffer.alloc(0));
    header.writeInt32BE(0x7fffffff, 1);
    const readers = Array.from({ length: 8 }, () => new MessageReader({ maxBytes: 0x7fffffff }));
    for (const reader of readers) {
      reader.push(header);
      expect(reader.next()).toBe(false);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * LIMITS.messagePreallocateBytesMax);
  });

  test("any bytes end in messages, in waiting or in a coded error", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), fc.boolean(), (chunks, fragmented) => {
        const reader = new MessageReader({ maxBytes: 1000, fragmented: () => fragmented });
        try {
          for (const chunk of chunks) {
            reader.push(Buffer.from(chunk));
            while (reader.next()) expect(reader.end).toBeLessThanOrEqual(reader.buffer.length);
          }
        } catch (error) {
          expect(error).toEqual(VIOLATION);
        }
      }),
    );
  });
});
