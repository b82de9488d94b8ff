/**
 * UTF-8 for pages that a test runner imitates without `TextEncoder` and `TextDecoder`, as Jest does with jsdom. The
 * build for pages hands these to every module that names them; where the platform has its own, they are those.
 */

class Encoder {
  encode(text = ""): Uint8Array<ArrayBuffer> {
    // Half a surrogate pair has no bytes.
    const escaped = encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, "\ufffd"));
    const bytes = new Uint8Array(escaped.length);
    let size = 0;
    for (let at = 0; at < escaped.length; at++) {
      const isEscape = escaped[at] === "%";
      bytes[size++] = isEscape ? Number.parseInt(escaped.slice(at + 1, at + 3), 16) : escaped.charCodeAt(at);
      if (isEscape) at += 2;
    }
    return bytes.slice(0, size);
  }
}

interface DecoderOptions {
  readonly fatal?: boolean;
  readonly ignoreBOM?: boolean;
}

class Decoder {
  readonly #options: DecoderOptions;

  constructor(_label = "utf-8", options: DecoderOptions = {}) {
    this.#options = options;
  }

  decode(bytes: Uint8Array = new Uint8Array()): string {
    const { fatal = false, ignoreBOM = false } = this.#options;
    const text = this.#read(bytes, fatal);
    return ignoreBOM ? text : text.replace(/^\ufeff/, "");
  }

  #read(bytes: Uint8Array, fatal: boolean): string {
    const escape = (byte: number) => `%${byte.toString(16).padStart(2, "0")}`;
    try {
      return decodeURIComponent(Array.from(bytes, escape).join(""));
    } catch {
      if (fatal) throw new TypeError("The encoded data was not valid for encoding utf-8");
      // Coarser than the standard, which keeps what is valid between: nobody here reads text that isn't.
      return Array.from(bytes, (byte) => (byte < 128 ? String.fromCharCode(byte) : "\ufffd")).join("");
    }
  }
}

interface Coders {
  readonly TextEncoder: new () => { encode(text?: string): Uint8Array<ArrayBuffer> };
  readonly TextDecoder: new (
    label?: string,
    options?: DecoderOptions,
  ) => { decode(bytes?: Uint8Array): string };
}

/** What stands in for a platform that has none. */
export const ownCoders: Coders = { TextEncoder: Encoder, TextDecoder: Decoder };
export const { TextEncoder = Encoder, TextDecoder = Decoder } = globalThis as Partial<Coders>;
