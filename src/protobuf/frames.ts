import type { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import type { WebPubSubMessage } from "../core/models/messages.js";

type Kind = WebPubSubMessage["kind"];
type MessageOf<Each extends Kind> = Extract<WebPubSubMessage, { kind: Each }>;

/**
 * Protobuf messages that a codec reads and writes. The numbers are those of the public schema
 * (protocols/protobuf.webpubsub.azure.v1/webpubsub.v1.proto in Azure/azure-webpubsub).
 */
export interface ProtobufFrames {
  /** By kind: the field of `UpstreamMessage`, and the function that writes the message's own fields. */
  readonly write: {
    readonly [Each in Kind]?: readonly [
      field: number,
      write: (writer: BinaryWriter, message: MessageOf<Each>) => void,
    ];
  };
  /** By field of `DownstreamMessage`; null for a message that this version doesn't know. */
  readonly read: Readonly<Record<number, (body: BinaryReader) => WebPubSubMessage | null>>;
}
