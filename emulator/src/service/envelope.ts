import type { Codec, Encoded } from "./codec.js";
import type { DataMessage } from "./messages.js";

/** A data message on its way to any number of receivers: encoded at most once per subprotocol. */
export class Envelope {
  readonly message: DataMessage;
  /** When the message expires, in Unix milliseconds; `Infinity`: never. */
  readonly expiresAt: number;
  readonly #encoded = new Map<string, Encoded | undefined>();

  constructor(message: DataMessage, expiresAt = Infinity) {
    this.message = message;
    this.expiresAt = expiresAt;
  }

  encodedBy(codec: Codec): Encoded | undefined {
    const known = this.#encoded.get(codec.name);
    if (known !== undefined || this.#encoded.has(codec.name)) return known;
    const encoded = codec.encode(this.message);
    this.#encoded.set(codec.name, encoded);
    return encoded;
  }
}
