import { mount } from 'svelte'
import { onStart } from '../report.ts'
import Ticks from './Ticks.svelte'

onStart((report, target) => {
  mount(Ticks, { target, props: { report } })
})
