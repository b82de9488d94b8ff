import type { FeatureFrames, Shape } from "../../core/codec/jsonFrames.js";
import { optionalId, readBy, text } from "../../core/codec/jsonReader.js";
import type {
  GroupStateItem,
  GroupStateSnapshotMessage,
  GroupStateUpdateMessage,
} from "../../core/models/messages.js";

const shape: Shape<GroupStateUpdateMessage> = {
  group: text,
  items: (value, _field, { type }) => {
    if (Array.isArray(value)) return value as GroupStateItem[];
    throw new TypeError(`${type as string} must carry items.`);
  },
  sequenceId: optionalId,
};

/** The frames of group states. */
export const presenceFrames: FeatureFrames = {
  write: ["setGroupState", "subscribeGroupState", "unsubscribeGroupState"],
  readJson: {
    groupStateUpdate: readBy<GroupStateUpdateMessage>("groupStateUpdate", shape),
    groupStateSnapshot: readBy<GroupStateSnapshotMessage>("groupStateSnapshot", shape),
  },
};
