/** The types for writing features; see `docs/features.md`. Experimental: names may still change. */
import type { GroupTable } from "./session/groupTable.js";
import type { Emitter as EmitterClass } from "./util/emitter.js";

export type { FeatureFrames, Fields } from "./codec/jsonFrames.js";
export type { Sent } from "./connection/clientObserver.js";
export type { AroundStart } from "./connection/connection.js";
export type { RetryPolicy } from "./connection/retryPolicy.js";
export type { AnyClient, FeaturePort } from "./feature.js";
export type { Settings } from "./options.js";
export type { FeatureHooks } from "./session/featureHooks.js";
export type { Frame } from "./session/frame.js";
export type { OperationMessage } from "./models/messages.js";
export type { Course, InternalCourse, OnSettled, Operations, SubmitOptions } from "./session/operations.js";
export type { Suspect } from "./session/suspect.js";
export type { OnListenerError } from "./util/emitter.js";

// Not the classes themselves: declarations would say that they can be imported as values.
/** The groups that are wanted, requested or joined. */
export type Memberships = Pick<GroupTable, keyof GroupTable>;
/** Typed events of a client: `on`, `off`, `emit` and `has`. */
export type Emitter<Events extends object> = Pick<EmitterClass<Events>, keyof EmitterClass<Events>>;
