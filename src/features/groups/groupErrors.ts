/** The errors of group handles: a message that doesn't fit the schema, and a loop that is too slow. */
import type { GroupDataMessage } from "../../core/models/messages.js";
import type { StandardSchemaIssue } from "./standardSchema.js";

/** A message of a group doesn't fit the schema of the handle; it isn't passed to message listeners. */
export class InvalidMessageError extends Error {
  /** `InvalidMessageError`. */
  override readonly name: string = "InvalidMessageError";
  /** The message as it was received. */
  readonly groupMessage: GroupDataMessage;
  /** The problems that the schema has found; empty if the schema itself failed, then see `cause`. */
  readonly issues: readonly StandardSchemaIssue[];

  /** Made by group handles; in your own code only for tests. */
  constructor(groupMessage: GroupDataMessage, issues: readonly StandardSchemaIssue[], cause?: unknown) {
    const words = issues.length > 0 ? issues.map(({ message }) => message).join("; ") : String(cause);
    super(
      `A message of group ${groupMessage.group} is invalid: ${words}`,
      cause === undefined ? undefined : { cause },
    );
    this.groupMessage = groupMessage;
    this.issues = issues;
  }
}

/** A loop over `messages()` was too slow: `maxBuffered` messages were waiting and one more came. */
export class MessageOverflowError extends Error {
  /** `MessageOverflowError`. */
  override readonly name: string = "MessageOverflowError";

  /** Made by group handles; in your own code only for tests. */
  constructor(group: string, maxBuffered: number) {
    super(`${maxBuffered} messages of group ${group} are waiting already (maxBuffered).`);
  }
}
