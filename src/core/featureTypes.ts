/** The types for writing features; see `docs/features.md`. Experimental: names may still change. */
export type { JsonFrames } from "./codec/jsonFrames.js";
export type { FeaturePort } from "./feature.js";
export type { Settings } from "./options.js";
export type { FeatureHooks } from "./session/featureHooks.js";
export type { Frame } from "./session/frame.js";
export type { Memberships } from "./session/memberships.js";
export type { OperationMessage } from "./session/operationMessage.js";
export type { Course, InternalCourse, OnSettled, Operations, SubmitOptions } from "./session/operations.js";
export type { Emitter, OnListenerError } from "./util/emitter.js";
