import type { GroupDataMessage } from "../../core/models/messages.js";
import { inferDataType } from "../../core/session/operationMessage.js";
import type { GroupMessage } from "../groups/groupOptions.js";
import type { HistoryOptions, HistoryQuery, StoredMessage } from "./models.js";

/** What the store has answered: the valid messages of it. */
export interface Page<T> {
  readonly messages: GroupMessage<T>[];
  /** As many as were asked for, so there may be more. */
  readonly isFull: boolean;
}

/** What checks the messages of a group. */
interface Checker<T> {
  readonly name: string;
  receive(message: GroupDataMessage, key: number, deliver: (message: GroupMessage<T>) => void): unknown;
}

/** Asks the application's store, and checks what it answers. What `load` throws is thrown. */
export async function ask<T, In>(
  history: HistoryOptions<T, In>,
  query: HistoryQuery<T>,
  checker: Checker<T>,
  nextKey: () => number,
): Promise<Page<T>> {
  const answer: unknown = await history.load(query);
  if (
    !Array.isArray(answer) ||
    answer.some((item: Partial<StoredMessage> | null) => item?.data === undefined)
  )
    throw new TypeError("history.load must answer an array of messages, each with data.");
  const { length } = answer;
  if (length > query.limit)
    throw new RangeError(
      `history.load has answered ${length} messages, but must answer at most limit, which was ${query.limit}.`,
    );
  const messages: GroupMessage<T>[] = [];
  await Promise.all(
    (answer as StoredMessage[]).map(({ data, dataType, fromUserId, metadata }) =>
      checker.receive(
        {
          kind: "groupData",
          group: checker.name,
          dataType: dataType ?? inferDataType(data),
          // JSON may be null.
          data: data as GroupDataMessage["data"],
          fromUserId: fromUserId ?? "",
          ...(metadata && { metadata }),
        },
        nextKey(),
        (message) => void messages.push(message),
      ),
    ),
  );
  const isFull = length >= query.limit;
  // No later page can begin behind one of them.
  if (isFull && messages.length === 0)
    throw new TypeError(`The schema refuses all ${length} messages of a page of history.load.`);
  return { messages, isFull };
}

/** The key of a message. @throws TypeError if `key` returns anything but a string or a number */
export function keyOf<T, In>(history: HistoryOptions<T, In>, message: GroupMessage<T>): string | number {
  const value: unknown = history.key(message);
  if (typeof value === "string" || typeof value === "number") return value;
  throw new TypeError("history.key must return a string or a number.");
}
