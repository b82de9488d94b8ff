import { createApp } from "vue";
import { WebPubSubPlugin } from "web-pubsub-client/vue";
import { clientOptions, credential } from "../shared/chat";
import { keepChat } from "../shared/kept";
import Chat from "./Chat.vue";

createApp(Chat).use(WebPubSubPlugin, { credential, options: clientOptions, setup: keepChat }).mount("#app");
