export { type PageService, type PageServiceOptions, createService } from "./inPage/createService.js";
export type { PageHubOptions } from "./inPage/pageHubs.js";
export type { PageSocketEvent, PageWebSocket, PageWebSocketClass } from "./inPage/webSocketClass.js";
export type { TraceEntry } from "./admin/traceEntry.js";
export type { Content, ContentType } from "./content.js";
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
  ConnectionSnapshot,
  GroupStateEntry,
  HubHandle,
  SendOptions,
  StreamSnapshot,
} from "./hubHandle.js";
export type {
  GroupHistory,
  HistoryId,
  HistoryMessage,
  HistoryOptions,
  HistoryPage,
  SentMessage,
} from "./groupHistory.js";
export type { ClientUrlOptions } from "./options.js";
export type { Diagnostic } from "./service/diagnostics.js";
export type { HandlerCookie } from "./service/handlerCookie.js";
export type { GroupState, Metadata, StreamNackName } from "./service/messages.js";
export type { Permission } from "./service/permissions.js";
export type { SessionStatus } from "./service/session.js";
export type { ConnectEvent, EventOrigin } from "./service/upstream.js";
export type { ConnectionState } from "./upstream/connectionState.js";
export type { ConnectReply, EventHandler, EventReply, HandlerEvent } from "./upstream/eventHandler.js";
export type { HubEventListener, ListenerEvent } from "./upstream/eventListener.js";
export type { EventPattern } from "./upstream/eventPattern.js";
