/**
 * Names that public types need and that no entry exports, since no program has to write them. The reports show their
 * declarations beside the public ones. Bases are documented like what inherits from them.
 */
export const bases = new Set(["BareGroupMessage", "Setup", "Times", "TraceDetails"]);

export const shapes = new Set([
  // The symbol of `await using`, for compilers with and without it.
  ...["ASYNC_DISPOSE", "AsyncDispose", "_absent"],
  // The options of the client, with the defaults filled in.
  "Checked",
  // What all errors with details have in common.
  "DetailedError",
  // Written out by the compiler wherever they are used.
  ...["CONTENT_TYPES", "Kind", "MaybePromise", "MessageId", "MessageOf", "Refs"],
  // Classes that features get and never make; `Emitter` and `Memberships` are their public types.
  ...["Emitter", "Listener", "ListenerRegistry"],
  ...["GroupQuestions", "GroupTable", "GroupTableHost", "SavedGroup"],
]);
