export { choosePort } from './choose-port.ts'
export { renderPage } from './render-page.ts'
