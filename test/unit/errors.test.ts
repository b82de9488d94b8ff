import { AbortError } from "@azure/abort-controller";
import { describe, expect, test } from "vitest";
import { ConnectionError, InvocationError, SendMessageError } from "web-pubsub-client";
import { abortedOperation, toError } from "../../src/core/errors.js";

const cause = new Error("cause");
const errorDetail = { name: "Forbidden", message: "no" };

describe("errors", () => {
  test("tell what went wrong", () => {
    const send = new SendMessageError("words", { ackId: 5, errorDetail, code: "Refused", cause });
    expect(send).toMatchObject({
      name: "SendMessageError",
      message: "words",
      ackId: 5,
      errorDetail,
      code: "Refused",
      cause,
    });
    const invocation = new InvocationError("words", {
      invocationId: "1",
      errorDetail,
      code: "Refused",
      cause,
    });
    expect(invocation).toMatchObject({
      name: "InvocationError",
      message: "words",
      invocationId: "1",
      errorDetail,
      code: "Refused",
      cause,
    });
    const connection = new ConnectionError("Closed", "words", { closeCode: 1006, reason: "why", cause });
    expect(connection).toMatchObject({
      name: "ConnectionError",
      message: "words",
      code: "Closed",
      closeCode: 1006,
      reason: "why",
      cause,
    });
    for (const error of [send, invocation, connection]) expect(error).toBeInstanceOf(Error);
  });

  test("may be made as the reference's are, with what is known", () => {
    const error = new SendMessageError("words", {});
    expect(error.message).toBe("words");
    expect(error.ackId).toBeUndefined();
    expect(new InvocationError("words", { invocationId: "1" })).toMatchObject({ invocationId: "1" });
    for (const error of [
      new SendMessageError("words"),
      new InvocationError("words", { invocationId: "1" }),
      new ConnectionError("Timeout", "words"),
    ]) {
      expect("cause" in error).toBe(false);
    }
  });
});

test("an operation that its caller ended says so", () => {
  const error = abortedOperation(7);
  expect(error).toMatchObject({ name: "SendMessageError", code: "Aborted", ackId: 7 });
  expect(error.message).toBe("Cancelled by abortSignal");
  expect(error.cause).toBeInstanceOf(AbortError);
  expect(abortedOperation().ackId).toBeUndefined();
});

describe("what was thrown", () => {
  test("is kept if it is an error", () => {
    expect(toError(cause)).toBe(cause);
  });

  test.each([
    ["words", "words"],
    [5, "5"],
    [undefined, "undefined"],
    [Symbol("s"), "Symbol(s)"],
    [Object.create(null), "Something was thrown that has no words."],
    [{ toString: null, valueOf: null }, "Something was thrown that has no words."],
  ])("becomes one otherwise (%#)", (thrown: unknown, message) => {
    expect(toError(thrown)).toEqual(new Error(message));
  });
});
