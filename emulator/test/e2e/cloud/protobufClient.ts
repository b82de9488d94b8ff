import { WebSocket } from "ws";
import { anyGroup, type House, until } from "../harness.js";

/** Protobuf by hand, so that the service isn't tested by its own codec. */

type Value = string | Uint8Array | number | bigint;

const protobuf = "protobuf.webpubsub.azure.v1";
export const reliableProtobuf = "protobuf.reliable.webpubsub.azure.v1";

function varint(value: number | bigint): number[] {
  const bytes: number[] = [];
  for (let rest = BigInt(value); ; rest >>= 7n) {
    if (rest < 0x80n) return [...bytes, Number(rest)];
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
}

/** Fields in their order: the number, and text, bytes, a message or an integer. */
export function message(...fields: [number, Value][]): Uint8Array {
  return Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === "number" || typeof value === "bigint")
        return Buffer.from([...varint(number << 3), ...varint(value)]);
      const bytes = Buffer.from(value as string);
      return Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(bytes.length)]), bytes]);
    }),
  );
}

/** What stands at a path of field numbers: of several fields the first; undefined: nothing. */
export function at(bytes: Uint8Array, ...path: number[]): Buffer | bigint | undefined {
  const [wanted, ...rest] = path;
  let position = 0;
  const next = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[position++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (position < bytes.length) {
    const tag = Number(next());
    const found = (tag & 7) === 2 ? Buffer.from(take(Number(next()))) : next();
    if (tag >>> 3 !== wanted) continue;
    if (rest.length === 0 || typeof found === "bigint") return found;
    return at(found, ...rest);
  }
  return undefined;

  function take(length: number): Uint8Array {
    position += length;
    return bytes.subarray(position - length, position);
  }
}

/** The kinds of service messages, by their field. */
const kinds = { ack: 1, data: 2, system: 3, pong: 4 };

/** A client of a protobuf subprotocol that does nothing by itself. */
export class ProtobufClient {
  readonly socket: WebSocket;
  readonly url: string;
  readonly frames: Buffer[] = [];
  closed: number | undefined;

  constructor(url: string, subprotocol = protobuf) {
    this.url = url;
    this.socket = new WebSocket(url, subprotocol);
    this.socket.on("message", (frame: Buffer) => this.frames.push(frame));
    this.socket.on("close", (code) => (this.closed ??= code));
    this.socket.on("error", () => undefined);
  }

  /** Connected as `alice`, with every right on groups. */
  static async open(
    house: House,
    subprotocol = protobuf,
    options: { roles?: string[]; groups?: string[] } = {},
  ): Promise<ProtobufClient> {
    const url = await house.emulator.clientAccessUrl("chat", {
      userId: "alice",
      roles: anyGroup,
      ...options,
    });
    const client = new ProtobufClient(url, subprotocol);
    await until(() => client.frames[0]);
    return client;
  }

  /** What of a kind has come, without its envelope. */
  all(kind: keyof typeof kinds): Buffer[] {
    return this.frames.map((frame) => at(frame, kinds[kind])).filter((one) => typeof one === "object");
  }

  /** A field of the first message. */
  connected(field: number): string {
    return String(at(this.frames[0] ?? Buffer.of(), 3, 1, field));
  }

  /** Sends, and waits until everything sent so far is answered. */
  async send(...frames: Uint8Array[]): Promise<void> {
    for (const frame of frames) this.socket.send(frame);
    const before = this.all("pong").length;
    this.socket.send(message([9, ""]));
    await until(() => this.all("pong").length > before || this.closed !== undefined);
  }

  /** A new client that asks for this one's session. */
  async recovery(): Promise<ProtobufClient> {
    const url = new URL(this.url);
    url.search = new URLSearchParams({
      awps_connection_id: this.connected(1),
      awps_reconnection_token: this.connected(3),
    }).toString();
    const again = new ProtobufClient(url.href, reliableProtobuf);
    await until(() => again.socket.readyState === WebSocket.OPEN || again.closed);
    return again;
  }
}
