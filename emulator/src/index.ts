export type { TraceEntry } from "./admin/traceEntry.js";
export { type Emulator, startEmulator } from "./emulator.js";
export type { ClientUrlOptions, EmulatorOptions } from "./options.js";
export type {
  GroupHistory,
  HistoryId,
  HistoryMessage,
  HistoryOptions,
  HistoryPage,
  SentMessage,
} from "./groupHistory.js";
export type { HubOptions } from "./hubOptions.js";
export type { KeyAndCertificate } from "./http/certificate.js";
export { developmentAccessKey } from "./options.js";
export type { Content, ContentType } from "./content.js";
export type {
  ConnectionSnapshot,
  GroupStateEntry,
  HubHandle,
  SendOptions,
  StreamSnapshot,
} from "./hubHandle.js";
export type { Fault, FaultLimits, Faults, ImmediateFault } from "./faults.js";
export type {
  ConnectionFilter,
  FragmentLimits,
  Hold,
  InvocationLimits,
  ScriptedFault,
  StreamLimits,
} from "./faultScript.js";
export type {
  ConnectReply,
  EventHandler,
  EventReply,
  GroupPresenceEvents,
  HandlerEvent,
  WebhookHandler,
} from "./upstream/eventHandler.js";
export type { EventHubsOptions, HubEventListener, ListenerEvent } from "./upstream/eventListener.js";
export type { ConnectionState } from "./upstream/connectionState.js";
export type { EventPattern } from "./upstream/eventPattern.js";
export type { GroupEventName, SystemEvent } from "./upstream/handler.js";
export type { Diagnostic } from "./service/diagnostics.js";
export type { HandlerCookie } from "./service/handlerCookie.js";
export type { GroupState, Metadata, StreamNackName } from "./service/messages.js";
export type { Permission } from "./service/permissions.js";
export type { SessionStatus } from "./service/session.js";
export type { ConnectEvent, EventOrigin } from "./service/upstream.js";
