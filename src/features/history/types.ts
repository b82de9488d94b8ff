/** The public types of history. */
export type {
  Gap,
  HistoryGroupOptions,
  HistoryHandle,
  HistoryLogOptions,
  HistoryOptions,
  HistoryQuery,
  StoredMessage,
} from "./models.js";
