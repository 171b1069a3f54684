import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import Components from 'unplugin-vue-components/vite'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import { VantResolver } from '@vant/auto-import-resolver'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

/** Vant's icons name a second copy of their font on somebody else's server; ours comes with the page. */
const noFontsFromElsewhere: Plugin = {
  name: 'no-fonts-from-elsewhere',
  enforce: 'pre',
  transform: (code, id) =>
    id.includes('/vant/') && id.endsWith('.css') ? code.replace(/,\s*url\((?:https?:)?\/\/[^)]*\)\s*format\([^)]*\)/g, '') : null,
}

export default defineConfig({
  plugins: [
    noFontsFromElsewhere,
    vue(),
    // Only what a page uses of Vant (phone) and Element Plus (desk) comes with it.
    Components({ dirs: [], dts: false, resolvers: [VantResolver(), ElementPlusResolver({ importStyle: 'css' })] }),
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'es2022',
    // A small picture in a style sheet would be a data: address; files can be kept by the browser.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8080', '/.well-known': 'http://127.0.0.1:8080' } },
  test: { environment: 'happy-dom', include: ['src/**/*.test.ts'] },
})
