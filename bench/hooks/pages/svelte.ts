import { mount } from 'svelte'
import { onStart } from '../report.ts'
// @ts-expect-error compiled by the bench
import Ticks from './Ticks.svelte'

onStart((report, target) => {
  mount(Ticks, { target, props: { report } })
})
