import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import type { FrameTable, WebPubSubClientProtocol } from "../core/codec/protocol.js";
import type { WebPubSubMessage } from "../core/models/messages.js";
import { isBytes, toBytes } from "../core/util/bytes.js";
import { coreFrames } from "./coreFrames.js";
import type { ProtobufFrames } from "./frames.js";
import * as read from "./reading.js";
import { open } from "./writing.js";

/** By field of `DownstreamMessage`: the number of its `sequence_id`. */
const SEQUENCE_ID: Readonly<Record<number, number>> = { 2: 4, 9: 3, 10: 3 };

type Input = string | ArrayBuffer | Uint8Array;

/**
 * The codec of both protobuf subprotocols, which differ only in name and reliability.
 * @param features the frames of features beside those of the core
 * @param isComplete these are all features
 */
export function protobufCodec(
  name: string,
  isReliableSubProtocol: boolean,
  features: readonly ProtobufFrames[],
  isComplete = false,
): WebPubSubClientProtocol {
  // An array of them, as JavaScript may pass, is as good.
  const all = [coreFrames, ...features.flat()];
  const readers = Object.assign({}, ...all.map((each) => each.read)) as ProtobufFrames["read"];
  const writers = Object.assign({}, ...all.map((each) => each.write)) as Readonly<
    Record<string, readonly [number, (writer: BinaryWriter, message: WebPubSubMessage) => void] | undefined>
  >;
  const codec: WebPubSubClientProtocol = {
    name,
    isReliableSubProtocol,
    parseMessages: (input) => {
      let message: WebPubSubMessage | null = null;
      read.fields(reader(input), (field, body) => {
        const readMessage = readers[field];
        if (readMessage === undefined) return false;
        message = readMessage(read.nested(body));
        return true;
      });
      return message;
    },
    readSequenceId,
    writeMessage: (message) => {
      const known = writers[message.kind];
      if (known === undefined)
        throw new TypeError(
          `This protocol can't carry messages of kind ${message.kind}: give it invocationFrames, presenceFrames or streamFrames.`,
        );
      const [field, write] = known;
      const writer = new BinaryWriter();
      open(writer, field);
      write(writer, message);
      return writer.join().finish().buffer;
    },
  };
  const frames: FrameTable = { add: ({ write }) => write.some((kind) => kind in writers) };
  return isComplete ? codec : { ...codec, frames };
}

function reader(input: Input): BinaryReader {
  if (!isBytes(input)) throw new TypeError("Expected bytes.");
  return new BinaryReader(toBytes(input));
}

/** Reads the sequence id of a message whose other fields may be unknown. */
function readSequenceId(input: Input): number | undefined {
  let sequenceId: number | undefined;
  read.fields(reader(input), (field, body) => {
    const number = SEQUENCE_ID[field];
    if (number === undefined) return false;
    read.fields(read.nested(body), (inner, value) => {
      if (inner !== number) return false;
      sequenceId = read.id(value, 0, "sequenceId");
      return true;
    });
    return true;
  });
  return sequenceId;
}
