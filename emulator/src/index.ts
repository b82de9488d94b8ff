export { type Emulator, startEmulator } from "./emulator.js";
export type { ClientUrlOptions, EmulatorOptions, HubOptions } from "./options.js";
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
export type { ConnectReply, EventHandler, EventReply, HandlerEvent } from "./upstream/eventHandler.js";
export type { Diagnostic } from "./service/diagnostics.js";
