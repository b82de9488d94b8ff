import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { WebPubSubProvider } from "web-pubsub-client/react";
import { clientOptions, credential } from "../shared/chat";
import { keepChat } from "../shared/kept";
import { Chat } from "./Chat";

const root = document.getElementById("app");
if (root === null) throw new Error("The page has no #app.");
createRoot(root).render(
  <StrictMode>
    <WebPubSubProvider credential={credential} options={clientOptions} setup={keepChat}>
      <Chat />
    </WebPubSubProvider>
  </StrictMode>,
);
