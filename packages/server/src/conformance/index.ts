export { BrokenPromise } from './broken-promise.ts'
export { type HubModelOptions, hubModel } from './model/hub-model.ts'
export type { Ability, ConformanceCase, OpenedEngine } from './opened-engine.ts'
export { type EngineSuiteOptions, engineSuite } from './suite.ts'
