import { expect, test } from "vitest";
import { Permissions } from "../../src/service/permissions.js";

test("no role allows nothing with groups", () => {
  const permissions = new Permissions([]);
  expect(permissions.allows("joinLeaveGroup", "g")).toBe(false);
  expect(permissions.allows("sendToGroup", "g")).toBe(false);
});

test("a role for any group, for one group, for a pattern", () => {
  const permissions = new Permissions([
    "webpubsub.joinLeaveGroup",
    "webpubsub.sendToGroup.a.b",
    "webpubsub.sendToGroups.room.*",
  ]);
  expect(permissions.allows("joinLeaveGroup", "whatever")).toBe(true);
  expect(permissions.allows("sendToGroup", "a.b")).toBe(true);
  expect(permissions.allows("sendToGroup", "a.c")).toBe(false);
  expect(permissions.allows("sendToGroup", "room.1")).toBe(true);
  expect(permissions.allows("sendToGroup", "Room.1")).toBe(false);
});

test("roles that are unknown or wrong allow nothing", () => {
  const permissions = new Permissions([
    "admin",
    "webpubsub.sendToGroups",
    "webpubsub.sendToGroups.******",
    "",
  ]);
  expect(permissions.allows("sendToGroup", "g")).toBe(false);
});

test("a name with pattern characters in a single-group role is that name", () => {
  const permissions = new Permissions(["webpubsub.sendToGroup.*"]);
  expect(permissions.allows("sendToGroup", "*")).toBe(true);
  expect(permissions.allows("sendToGroup", "g")).toBe(false);
});

test("the server grants and revokes", () => {
  const permissions = new Permissions([]);
  permissions.grant("sendToGroup", "g");
  expect(permissions.allows("sendToGroup", "g")).toBe(true);
  expect(permissions.has("sendToGroup")).toBe(false);
  permissions.revoke("sendToGroup", "g");
  expect(permissions.allows("sendToGroup", "g")).toBe(false);
  permissions.grant("sendToGroup");
  expect(permissions.has("sendToGroup")).toBe(true);
  permissions.revoke("sendToGroup");
  expect(permissions.allows("sendToGroup", "h")).toBe(false);
});

test("a revoked group is refused whatever the roles say, until it is granted again", () => {
  const permissions = new Permissions(["webpubsub.sendToGroup", "webpubsub.joinLeaveGroups.room.*"]);
  permissions.revoke("sendToGroup", "g");
  permissions.revoke("joinLeaveGroup", "room.1");
  expect(permissions.allows("sendToGroup", "g")).toBe(false);
  expect(permissions.has("sendToGroup", "g")).toBe(false);
  expect(permissions.allows("sendToGroup", "h")).toBe(true);
  expect(permissions.allows("joinLeaveGroup", "room.1")).toBe(false);
  expect(permissions.allows("joinLeaveGroup", "room.2")).toBe(true);
  permissions.grant("sendToGroup", "g");
  expect(permissions.allows("sendToGroup", "g")).toBe(true);
  permissions.revoke("sendToGroup", "g");
  permissions.grant("sendToGroup");
  expect(permissions.allows("sendToGroup", "g")).toBe(true);
});
