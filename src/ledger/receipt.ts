/**
 * Proof that entries are on stable storage. Only a durable append makes one (`Receipt.issue` is called by commit.ts alone):
 * the private field makes the type nominal, so no object literal passes for a receipt.
 */
export class Receipt {
  readonly origin: string;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly #durable = true;

  private constructor(origin: string, firstIndex: number, lastIndex: number) {
    this.origin = origin;
    this.firstIndex = firstIndex;
    this.lastIndex = lastIndex;
  }

  /** For commit.ts, after the sync has returned. */
  static issue(origin: string, firstIndex: number, lastIndex: number): Receipt {
    return new Receipt(origin, firstIndex, lastIndex);
  }

  /** Whether this came from `issue`, for callers outside the type system. */
  static isReceipt(value: object): value is Receipt {
    return #durable in value && value.#durable;
  }
}
