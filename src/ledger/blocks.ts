/** The blocks of one entry in the order in which every answer has them. */
import type { DisclosureBlock } from "./entry.ts";
import { decodeKeys, encodeIntKeys, encodeTextKeys, encodeUuidKeys } from "./keys-block.ts";

/** More than there are types of key. */
const TYPES = 4;

/**
 * Blocks by use, ascending, one for each use and type of key. Our own writer has them so already; of two blocks for one
 * use, a subject that is in both counts once.
 * @throws WhosawError LEDGER_DAMAGED
 */
export function blocksByUse(blocks: readonly DisclosureBlock[]): readonly DisclosureBlock[] {
  if (blocks.every((block, i) => i === 0 || (blocks[i - 1]?.use ?? 0) < block.use)) return blocks;
  const groups = new Map<number, DisclosureBlock[]>();
  for (const block of blocks) {
    const place = block.use * TYPES + (block.keys[0] ?? 0);
    const group = groups.get(place);
    if (group === undefined) groups.set(place, [block]);
    else group.push(block);
  }
  return [...groups].sort(([a], [b]) => a - b).flatMap(([, group]) => united(group));
}

function united(group: readonly DisclosureBlock[]): readonly DisclosureBlock[] {
  const [first] = group;
  if (first === undefined || group.length === 1) return group;
  const decoded = group.map(({ keys }) => decodeKeys(keys));
  const ints = decoded.flatMap((block) => (block.type === "int" ? block.keys : []));
  const uuids = decoded.flatMap((block) => (block.type === "uuid" ? block.keys : []));
  const texts = decoded.flatMap((block) => (block.type === "text" ? block.keys : []));
  if (ints.length > 0) return [{ use: first.use, keys: encodeIntKeys(ints) }];
  return [{ use: first.use, keys: uuids.length > 0 ? encodeUuidKeys(uuids) : encodeTextKeys(texts) }];
}
