import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { WebPubSubProvider } from "web-pubsub-client/react";
import { source } from "../shared/source";
import { Chat } from "./Chat";

const root = document.getElementById("app");
if (root === null) throw new Error("The page has no #app.");
createRoot(root).render(
  <StrictMode>
    <WebPubSubProvider {...source}>
      <Chat />
    </WebPubSubProvider>
  </StrictMode>,
);
