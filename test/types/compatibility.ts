/** Checked by the compiler: types that cross between a program and the client fit in both directions. */
import type * as Reference from "@azure/web-pubsub-client";
import { expectTypeOf } from "vitest";
import type * as Ours from "web-pubsub-client";

// What a program hands over: made for the reference, taken by ours.
expectTypeOf<Reference.WebPubSubClientOptions>().toExtend<Ours.WebPubSubClientOptions>();
expectTypeOf<Reference.WebPubSubRetryOptions>().toExtend<Ours.WebPubSubRetryOptions>();
expectTypeOf<Reference.WebPubSubClientCredential>().toExtend<Ours.WebPubSubClientCredential>();
expectTypeOf<Reference.WebPubSubClientProtocol>().toExtend<Ours.WebPubSubClientProtocol>();
expectTypeOf<Reference.StartOptions>().toExtend<Ours.StartOptions>();
expectTypeOf<Reference.JoinGroupOptions>().toExtend<Ours.JoinGroupOptions>();
expectTypeOf<Reference.LeaveGroupOptions>().toExtend<Ours.LeaveGroupOptions>();
expectTypeOf<Reference.SendToGroupOptions>().toExtend<Ours.SendToGroupOptions>();
expectTypeOf<Reference.SendEventOptions>().toExtend<Ours.SendEventOptions>();
expectTypeOf<Reference.SendMessageErrorOptions>().toExtend<Ours.SendMessageErrorOptions>();

// What a program gets: made by ours, fit for code that was typed for the reference.
expectTypeOf<Ours.OnConnectedArgs>().toExtend<Reference.OnConnectedArgs>();
expectTypeOf<Ours.OnDisconnectedArgs>().toExtend<Reference.OnDisconnectedArgs>();
expectTypeOf<Ours.OnStoppedArgs>().toExtend<Reference.OnStoppedArgs>();
expectTypeOf<Ours.OnGroupDataMessageArgs>().toExtend<Reference.OnGroupDataMessageArgs>();
expectTypeOf<Ours.OnServerDataMessageArgs>().toExtend<Reference.OnServerDataMessageArgs>();
expectTypeOf<Ours.OnRejoinGroupFailedArgs>().toExtend<Reference.OnRejoinGroupFailedArgs>();
expectTypeOf<Ours.WebPubSubResult>().toExtend<Reference.WebPubSubResult>();
expectTypeOf<Ours.SendMessageError>().toExtend<Reference.SendMessageError>();
expectTypeOf<Ours.GetClientAccessUrlOptions>().toExtend<Reference.GetClientAccessUrlOptions>();

// What goes both ways: a codec of the application's own.
expectTypeOf<Ours.WebPubSubMessage>().toExtend<Reference.WebPubSubMessage>();
expectTypeOf<Reference.WebPubSubMessage>().toExtend<Ours.WebPubSubMessage>();
expectTypeOf<Ours.WebPubSubMessage["kind"]>().toEqualTypeOf<Reference.WebPubSubMessage["kind"]>();
expectTypeOf<Ours.UpstreamMessageType>().toEqualTypeOf<Reference.UpstreamMessageType>();
expectTypeOf<Ours.DownstreamMessageType>().toEqualTypeOf<Reference.DownstreamMessageType>();
expectTypeOf<Ours.WebPubSubDataType>().toEqualTypeOf<Reference.WebPubSubDataType>();
expectTypeOf<Ours.JSONTypes>().toEqualTypeOf<Reference.JSONTypes>();
expectTypeOf<Ours.WebPubSubClientProtocol>().toExtend<Reference.WebPubSubClientProtocol>();

// Methods: the reference's calls are calls of ours.
type Method = "start" | "joinGroup" | "leaveGroup" | "sendToGroup" | "sendEvent";
expectTypeOf<Pick<Ours.WebPubSubClient, Method>>().toExtend<Pick<Reference.WebPubSubClient, Method>>();
expectTypeOf<Ours.WebPubSubClient["stop"]>().toExtend<Reference.WebPubSubClient["stop"]>();
expectTypeOf<Ours.WebPubSubClient["on"]>().toExtend<Reference.WebPubSubClient["on"]>();
expectTypeOf<Ours.WebPubSubClient["off"]>().toExtend<Reference.WebPubSubClient["off"]>();
