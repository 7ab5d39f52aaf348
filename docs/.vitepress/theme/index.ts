import { type Theme, useRoute } from 'vitepress'
import DefaultTheme from 'vitepress/theme-without-fonts'
import { defineAsyncComponent, h, onMounted, watch } from 'vue'
import LiveDemo from './LiveDemo.vue'
import { mendTheme } from './mend-theme.ts'
import PageLinks from './PageLinks.vue'
import './style.css'

export default {
  extends: DefaultTheme,
  Layout: {
    setup() {
      const route = useRoute()
      onMounted(mendTheme)
      watch(() => route.path, mendTheme, { flush: 'post' })
      return () => h(DefaultTheme.Layout, null, { 'doc-before': () => h(PageLinks) })
    },
  },
  enhanceApp({ app }) {
    app.component('LiveDemo', LiveDemo)
    app.component(
      'BenchChart',
      defineAsyncComponent(() => import('./BenchChart.vue')),
    )
  },
} satisfies Theme
