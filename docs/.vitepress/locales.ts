import { existsSync } from 'node:fs'
import type { DefaultTheme, LocaleConfig } from 'vitepress'
import { repository } from './pages.ts'
import { chineseSidebar } from './sidebar.ts'

/** The languages of the site. Only the pages in docs/zh are translated: they link to English ones for the rest. */
export function locales(): LocaleConfig<DefaultTheme.Config> {
  if (!existsSync(`${repository}docs/zh/index.md`)) return {}
  return { root: { label: 'English', lang: 'en' }, zh: chinese() }
}

const chinese = () => ({
  label: '简体中文',
  lang: 'zh-CN',
  description: '面向 TypeScript 的类型化 Server-Sent Events：送达指定的人，断线重连不丢事件。',
  themeConfig: {
    // Each Chinese page is the translation of the English page with the same path.
    i18nRouting: true,
    nav: [
      { text: '开始', link: '/zh/start/getting-started' },
      { text: '全部文档（英文）', link: '/overview' },
    ],
    sidebar: { '/zh/': chineseSidebar() },
    outline: { level: [2, 3] as [number, number], label: '本页内容' },
    docFooter: { prev: '上一页', next: '下一页' },
    darkModeSwitchLabel: '外观',
    lightModeSwitchTitle: '切换到浅色模式',
    darkModeSwitchTitle: '切换到深色模式',
    sidebarMenuLabel: '目录',
    returnToTopLabel: '回到顶部',
    langMenuLabel: '语言',
    skipToContentLabel: '跳到正文',
    notFound: {
      title: '页面不存在',
      quote: '这个地址没有页面。',
      linkText: '回到首页',
      linkLabel: '回到首页',
    },
  },
})

/** Labels of the search in Chinese. */
export const chineseSearch = {
  translations: {
    button: { buttonText: '搜索', buttonAriaLabel: '搜索' },
    modal: {
      displayDetails: '显示详情',
      resetButtonTitle: '清除',
      backButtonTitle: '返回',
      noResultsText: '没有结果：',
      footer: { selectText: '选择', navigateText: '移动', closeText: '关闭' },
    },
  },
}
