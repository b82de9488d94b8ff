import { runInNewContext } from "node:vm";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { describe, expect, test } from "vitest";
import { WebPubSubProtobufReliableProtocol } from "web-pubsub-client/protobuf";

/** A message by its fields: number, then text, a number, or the fields of another message. */
type Fields = readonly (readonly [number, string | number | Fields])[];

function write(fields: Fields, extra: (writer: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter();
  // Before and behind what is known.
  extra(writer);
  for (const [field, value] of fields) {
    if (typeof value === "string") writer.tag(field, WireType.LengthDelimited).string(value);
    else if (typeof value === "number") writer.tag(field, WireType.Varint).uint64(value);
    else writer.tag(field, WireType.LengthDelimited).bytes(write(value, extra));
  }
  extra(writer);
  return writer.finish();
}

const client = WebPubSubProtobufReliableProtocol();
const read = (fields: Fields, extra: (writer: BinaryWriter) => void = () => undefined) =>
  client.parseMessages(write(fields, extra).slice().buffer);

describe("fields of newer versions are skipped, whatever their kind", () => {
  const kinds: [string, (writer: BinaryWriter) => void][] = [
    ["a number", (writer) => void writer.tag(500, WireType.Varint).uint32(7)],
    ["text", (writer) => void writer.tag(500, WireType.LengthDelimited).string("new")],
    ["64 bits", (writer) => void writer.tag(500, WireType.Bit64).fixed64(7)],
    ["32 bits", (writer) => void writer.tag(500, WireType.Bit32).fixed32(7)],
  ];
  const messages: [string, Fields][] = [
    [
      "connected",
      [
        [
          3,
          [
            [
              1,
              [
                [1, "c1"],
                [2, "ann"],
                [3, "token"],
              ],
            ],
          ],
        ],
      ],
    ],
    ["disconnected", [[3, [[2, [[2, "bye"]]]]]]],
    [
      "a refusal",
      [
        [
          1,
          [
            [1, 7],
            [2, 0],
            [
              3,
              [
                [1, "Forbidden"],
                [2, "no"],
              ],
            ],
          ],
        ],
      ],
    ],
    [
      "a message",
      [
        [
          2,
          [
            [1, "group"],
            [2, "g"],
            [3, [[1, "hi"]]],
            [4, 5],
            [
              5,
              [
                [1, "key"],
                [2, "value"],
              ],
            ],
          ],
        ],
      ],
    ],
    ["a pong", [[4, []]]],
  ];

  test.each(messages)("in %s", (_name, fields) => {
    const plain = read(fields);
    expect(plain).not.toBeNull();
    for (const [kind, extra] of kinds) expect([kind, read(fields, extra)]).toEqual([kind, plain]);
  });
});

describe("what isn't known is no message", () => {
  test.each<[string, Fields]>([
    [
      "a sender of another kind",
      [
        [
          2,
          [
            [1, "broker"],
            [3, [[1, "hi"]]],
          ],
        ],
      ],
    ],
    [
      "a payload of another kind",
      [
        [
          2,
          [
            [1, "server"],
            [3, [[9, "hi"]]],
          ],
        ],
      ],
    ],
    ["no payload", [[2, [[1, "server"]]]]],
    ["a system event of another kind", [[3, [[9, [[1, "x"]]]]]]],
    ["a message of another kind", [[99, [[1, "x"]]]]],
    ["nothing", []],
  ])("%s", (_name, fields) => {
    expect(read(fields)).toBeNull();
  });

  test("metadata named __proto__ changes no prototype", () => {
    const message = read([
      [
        2,
        [
          [1, "server"],
          [3, [[1, "hi"]]],
          [
            5,
            [
              [1, "__proto__"],
              [2, "x"],
            ],
          ],
          [
            5,
            [
              [1, "a"],
              [2, "b"],
            ],
          ],
        ],
      ],
    ]);
    expect(message).toMatchObject({ kind: "serverData" });
    const { metadata } = message as { metadata: object };
    expect([Object.keys(metadata), Object.getPrototypeOf(metadata)]).toEqual([["a"], Object.prototype]);
  });

  test("an id beyond 2^53 - 1 is refused, not rounded", () => {
    expect(() =>
      read([
        [
          1,
          [
            [1, 2 ** 53],
            [2, 1],
          ],
        ],
      ]),
    ).toThrow(RangeError);
  });
});

describe("a stream's start is written as its id, and its idle time if there is one", () => {
  const hexOf = (idleTimeoutInMs?: number): string => {
    const frame = client.writeMessage({
      kind: "sendToGroup",
      group: "g",
      noEcho: false,
      stream: { streamId: "s", idleTimeoutInMs },
    });
    return Buffer.from(frame as ArrayBuffer).toString("hex");
  };
  test("without", () => expect(hexOf()).toBe("0a080a01673a030a0173"));
  test("with", () => expect(hexOf(300)).toBe("0a0b0a01673a060a017310ac02"));
});

test.each(["pong", "ack", "mist"])("a message of kind %s, which clients don't send, is refused", (kind) => {
  expect(() => client.writeMessage({ kind } as never)).toThrow(/can't carry messages of kind/);
});

test("the sequence id of a message that can't be understood is read nevertheless", () => {
  const id = (fields: Fields) => client.readSequenceId?.(write(fields, () => undefined).slice().buffer);
  const unknownPayload: Fields = [[9, "new"]];
  const notUnderstood: Fields[] = [
    [
      [
        2,
        [
          [1, "group"],
          [2, "room"],
          [3, unknownPayload],
          [4, 12],
        ],
      ],
    ],
    [
      [
        2,
        [
          [1, "moon"],
          [3, [[1, "x"]]],
          [4, 12],
        ],
      ],
    ],
    [
      [
        2,
        [
          [1, "server"],
          [3, [[4, "{ broken"]]],
          [4, 12],
        ],
      ],
    ],
  ];
  for (const fields of notUnderstood) expect(id(fields)).toBe(12);
  expect(
    id([
      [
        1,
        [
          [1, 7],
          [2, 1],
        ],
      ],
    ]),
  ).toBeUndefined();
});

describe("bytes of another realm (frame, vm, jsdom)", () => {
  const foreign = (bytes: Iterable<number>, kind: string): ArrayBuffer =>
    runInNewContext(`const view = Uint8Array.from(bytes); ${kind}`, { bytes: [...bytes] }) as ArrayBuffer;

  test.each(["view", "view.buffer"])("are read: %s", (kind) => {
    const frame = write(
      [
        [
          2,
          [
            [1, "group"],
            [2, "g"],
            [3, [[2, "\u0001\u0002"]]],
          ],
        ],
      ],
      () => undefined,
    );
    const message = client.parseMessages(foreign(frame, kind));
    expect(message).toMatchObject({ kind: "groupData", dataType: "binary" });
    const { data } = message as { data: ArrayBuffer };
    expect(data).toBeInstanceOf(ArrayBuffer);
    expect([...new Uint8Array(data)]).toEqual([1, 2]);
  });

  test.each(["view", "view.buffer", "new DataView(view.buffer)"])("are written: %s", (kind) => {
    const message = { kind: "sendToGroup", group: "g", dataType: "binary", noEcho: false } as const;
    const own = client.writeMessage({ ...message, data: new Uint8Array([1, 2]).buffer });
    expect(client.writeMessage({ ...message, data: foreign([1, 2], kind) })).toEqual(own);
  });

  test("other things are refused on both sides", () => {
    for (const data of ["text", new Blob(["x"]), [1], {}, null] as unknown as ArrayBuffer[]) {
      expect(() => client.parseMessages(data)).toThrow(TypeError);
      const message = { kind: "sendToGroup", group: "g", dataType: "binary", noEcho: false, data } as const;
      expect(() => client.writeMessage(message)).toThrow(TypeError);
    }
  });
});
