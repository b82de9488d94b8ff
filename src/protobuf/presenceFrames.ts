import type { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import type {
  GroupStateItem,
  GroupStateUpdateMessage,
  SubscribeGroupStateMessage,
  UnsubscribeGroupStateMessage,
} from "../core/models/messages.js";
import type { ProtobufFrames } from "./frames.js";
import * as read from "./reading.js";
import { entries, id, open, text } from "./writing.js";

function writeSubscription(
  writer: BinaryWriter,
  { group, ackId }: SubscribeGroupStateMessage | UnsubscribeGroupStateMessage,
): void {
  text(writer, 1, group);
  id(writer, 2, ackId);
}

const readState = /* @__PURE__ */ read.readBy<{ entries: Record<string, string> }>(() => ({ entries: {} }), {
  1: ["entries", read.entry],
});

const readItem = /* @__PURE__ */ read.readBy<GroupStateItem>(() => ({ connectionId: "", updatedAt: 0 }), {
  1: ["connectionId", read.text],
  2: ["userId", read.text],
  3: ["state", (reader: BinaryReader) => readState(read.nested(reader)).entries],
  4: ["updatedAt", (reader: BinaryReader) => Number(reader.int64())],
});

function items(reader: BinaryReader, before: GroupStateItem[]): GroupStateItem[] {
  before.push(readItem(read.nested(reader)));
  return before;
}

const update = /* @__PURE__ */ read.readBy<GroupStateUpdateMessage>(
  () => ({ kind: "groupStateUpdate", group: "", items: [] }),
  {
    1: ["group", read.text],
    2: ["items", items],
    3: ["sequenceId", read.id],
  },
);

/** The frames of group states. */
export const presenceFrames: ProtobufFrames = {
  write: {
    setGroupState: [
      15,
      (writer, { group, ackId, state }) => {
        text(writer, 1, group);
        id(writer, 2, ackId);
        // Without this field the state is cleared.
        if (state === undefined) return;
        open(writer, 3);
        entries(writer, 1, state);
        writer.join();
      },
    ],
    subscribeGroupState: [16, writeSubscription],
    unsubscribeGroupState: [17, writeSubscription],
  },
  read: { 9: update, 10: (body) => ({ ...update(body), kind: "groupStateSnapshot" }) },
};
