import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { WhosawError } from "../base/errors.ts";
import { checkConsistency, consistencyProof, rangeRoot, type NodeReader } from "./proof.ts";
import { naiveRoot } from "./testing/check-log.ts";
import { EdgeTree, edgeWidth, leafHash, leafHashInPlace, nodeHash } from "./tree.ts";

const ENTRIES = Array.from({ length: 1_000 }, (_, i) => Buffer.from(`entry ${i}`));
const LEAVES = ENTRIES.map((entry) => leafHash(entry));
const size = fc.integer({ min: 0, max: ENTRIES.length });

const read: NodeReader = async (level, index) => {
  if (level === 0) return LEAVES[index] ?? Buffer.alloc(0);
  return nodeHash(await read(level - 1, 2 * index), await read(level - 1, 2 * index + 1));
};

test("the root is that of RFC 6962's recursion, at every size around tiles", () => {
  const tree = new EdgeTree(0, [], () => undefined);
  for (const [i, leaf] of LEAVES.entries()) {
    if (i < 20 || Math.abs((i % 256) - 128) > 120)
      expect(tree.root().equals(naiveRoot(ENTRIES.slice(0, i)))).toBe(true);
    tree.add(leaf);
  }
});

test("a tree goes on from its edge, and gives out each full tile once", () => {
  fc.assert(
    fc.property(size, size, (a, b) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const tiles: string[] = [];
      const first = new EdgeTree(0, [], (level, number) => tiles.push(`${level}/${number}`));
      for (const leaf of LEAVES.slice(0, from)) first.add(leaf);
      const edge = first.edge();
      edge.forEach((hashes, level) => expect(hashes.length / 32).toBe(edgeWidth(from, level)));
      const second = new EdgeTree(from, edge, (level, number) => tiles.push(`${level}/${number}`));
      for (const leaf of LEAVES.slice(from, to)) second.add(leaf);
      expect(second.root().equals(naiveRoot(ENTRIES.slice(0, to)))).toBe(true);
      expect(tiles).toEqual(Array.from({ length: Math.floor(to / 256) }, (_, number) => `0/${number}`));
    }),
    { numRuns: 30 },
  );
});

test("a leaf hashed in place is the same, and leaves the bytes as they were", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (entry) => {
      const prefixed = Buffer.concat([Buffer.from([entry.length >> 8, entry.length & 255]), entry]);
      const before = Buffer.from(prefixed);
      expect(leafHashInPlace(prefixed, 0, prefixed.length).equals(leafHash(entry))).toBe(true);
      expect(prefixed.equals(before)).toBe(true);
    }),
  );
});

test("consistency of any two sizes is proved, and of no changed root or proof", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 700 }), fc.integer({ min: 1, max: 700 }), fc.nat(), async (a, b, at) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const [oldRoot, newRoot] = [await rangeRoot(read, 0, from), await rangeRoot(read, 0, to)];
      expect(newRoot.equals(naiveRoot(ENTRIES.slice(0, to)))).toBe(true);
      const proof = await consistencyProof(read, from, to);
      checkConsistency(from, oldRoot, to, newRoot, proof);
      const wrong = randomBytes(32);
      expect(() => checkConsistency(from, wrong, to, newRoot, proof)).toThrow(WhosawError);
      expect(() => checkConsistency(from, oldRoot, to, wrong, proof)).toThrow(WhosawError);
      expect(() => checkConsistency(from, oldRoot, to, newRoot, [...proof, wrong])).toThrow(WhosawError);
      if (proof.length === 0) return;
      const changed = proof.map((hash, i) => (i === at % proof.length ? wrong : hash));
      expect(() => checkConsistency(from, oldRoot, to, newRoot, changed)).toThrow(WhosawError);
      expect(() => checkConsistency(from, oldRoot, to, newRoot, proof.slice(1))).toThrow(WhosawError);
    }),
    { numRuns: 60 },
  );
});
