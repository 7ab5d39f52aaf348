import type { Theme } from 'vitepress'
import DefaultTheme from 'vitepress/theme'
import { h } from 'vue'
import BenchChart from './BenchChart.vue'
import LiveDemo from './LiveDemo.vue'
import PageLinks from './PageLinks.vue'
import './style.css'

export default {
  extends: DefaultTheme,
  Layout: () => h(DefaultTheme.Layout, null, { 'doc-before': () => h(PageLinks) }),
  enhanceApp({ app }) {
    app.component('LiveDemo', LiveDemo)
    app.component('BenchChart', BenchChart)
  },
} satisfies Theme
