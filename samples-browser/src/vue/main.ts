import { createApp } from "vue";
import { WebPubSubPlugin } from "web-pubsub-client/vue";
import { clientOptions, credential } from "../shared/chat";
import Chat from "./Chat.vue";

createApp(Chat).use(WebPubSubPlugin, { credential, options: clientOptions }).mount("#app");
