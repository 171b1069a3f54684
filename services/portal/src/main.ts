import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import './design/tokens.css'
import './design/base.css'
import { router } from './router'
import { words } from './words'

createApp(App).use(createPinia()).use(words).use(router).mount('#app')
