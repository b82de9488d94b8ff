/** The public types of streams. */
export type { GroupStreamErrorCode, GroupStreamErrorOptions } from "./groupStreamError.js";
export type {
  AbortGroupStreamOptions,
  EndGroupStreamOptions,
  GroupStream,
  GroupStreamMessage,
  GroupStreamsOptions,
  GroupStreamSubscription,
  GroupStreamView,
  GroupStreamWriteOptions,
  GroupStreamWriter,
  OnGroupStreamOptions,
  OpenGroupStreamOptions,
  StreamContent,
  StreamsApi,
} from "./models.js";
