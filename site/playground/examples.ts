/** Programs for the editor, by what the list calls them. */
export const examples: Readonly<Record<string, string>> = {
  "Send and receive": `// Dan joins the room above. Change this, and run it again.
const dan = await connect("dan");
dan.on("group-message", ({ message }) => {
  print(message.fromUserId, "says:", message.data);
});
await dan.joinGroup("room");
await dan.sendToGroup("room", "Hello from the code!");
`,
  "A cut, and what was missed": `const dan = await connect("dan");
dan.on("state-changed", ({ previousState, state }) => print(previousState, "to", state));
dan.group("room").subscribe(({ data }) => print("got:", data));
await until(() => service.hub("chat").members("room").some(({ userId }) => userId === "dan"));

service.faults.cutTransports({ userId: "dan" });
service.hub("chat").sendToGroup("room", "said while Dan was away");
`,
  "Who is here": `const watcher = await connect("eve");
watcher.on("group-states-changed", ({ group }) => {
  const here = watcher.listGroupStates(group).map(({ userId, state }) => \`\${userId} is \${state.status}\`);
  print(here.join(", ") || "nobody");
});
await watcher.subscribeGroupStates("room");

const dan = await connect("dan");
await dan.joinGroup("room");
await dan.setGroupState("room", { status: "here" });
await dan.setGroupState("room", { status: "typing" });
await dan.stop();
`,
  "A stream, word by word": `const reader = await connect("eve");
reader.onGroupStream(async (stream) => {
  for await (const { data } of stream) print(data);
  print("(the end)");
});
await reader.joinGroup("room");

const writer = await (await connect("dan")).openGroupStream("room");
for (const word of "a stream arrives whole, or fails".split(" ")) {
  await writer.write(word);
  service.faults.cutTransports({ userId: "dan" }); // it goes on after each cut
}
await writer.end();
`,
  "A refusal": `const dan = await connect("dan");
service.faults.answerAcks({ error: "Forbidden", times: 1, filter: { userId: "dan" } });
try {
  await dan.joinGroup("room");
} catch (error) {
  print(error.code, error.errorDetail.name);
}
`,
};
