/** The public types of presence. */
export type {
  ClearGroupStateOptions,
  GroupState,
  GroupStateRecord,
  OnGroupStatesChangedArgs,
  OnRestoreGroupStatesFailedArgs,
  PresenceApi,
  PresenceEvents,
  SetGroupStateOptions,
  SubscribeGroupStatesOptions,
  UnsubscribeGroupStatesOptions,
} from "./models.js";
